import type { MiddlewareHandler } from "hono";
import { setAnswerHeader } from "./set-answer-header.ts";

/**
 * What every answer of the API says to a browser: take the content type at its word, run nothing, send no referrer, keep
 * no copy. A route that serves a page sets its own Content-Security-Policy and Cache-Control over these.
 * (OWASP, REST Security Cheat Sheet.)
 */
const HEADERS = [
  ["X-Content-Type-Options", "nosniff"],
  ["Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"],
  ["Referrer-Policy", "no-referrer"],
  ["Cache-Control", "no-store"],
] as const;

/** Sets HEADERS on every answer. */
export function securityHeaders(): MiddlewareHandler {
  return async (c, next) => {
    for (const [name, value] of HEADERS) setAnswerHeader(c, name, value);
    await next();
  };
}
