import type { MiddlewareHandler } from "hono";
import { setAnswerHeader } from "./set-answer-header.ts";

/**
 * What every answer of the API says to a browser: take the content type at its word, run nothing, show it in no frame and in
 * no page of another origin, send no referrer, keep no copy. A route that serves a page sets its own Content-Security-Policy
 * and Cache-Control over these. Strict-Transport-Security is left to what ends TLS in front of the service.
 * (OWASP, REST Security Cheat Sheet.)
 */
export const SECURITY_HEADERS = {
  "X-Content-Type-Options": "nosniff",
  "Content-Security-Policy": "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  "Cross-Origin-Resource-Policy": "same-origin",
  "Referrer-Policy": "no-referrer",
  "X-Frame-Options": "DENY",
  "Cache-Control": "no-store",
} as const;

const HEADERS = Object.entries(SECURITY_HEADERS);

/** Sets SECURITY_HEADERS on every answer. */
export function securityHeaders(): MiddlewareHandler {
  return async (c, next) => {
    for (const [name, value] of HEADERS) setAnswerHeader(c, name, value);
    await next();
  };
}
