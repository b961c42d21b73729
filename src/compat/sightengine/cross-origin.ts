import type { MiddlewareHandler } from "hono";
import { setAnswerHeader } from "../../http/middleware/set-answer-header.ts";
import type { AppEnv } from "../../http/request-variables.ts";

/**
 * Pages of any origin may read the answers, refusals among them: "we support cross-origin resource sharing" (the vendor's
 * docs/reference). No cookie or other standing of a browser's counts here, so there is nothing for another origin to borrow.
 */
export const CROSS_ORIGIN_HEADERS = {
  "Access-Control-Allow-Origin": "*",
  "Access-Control-Expose-Headers": "Retry-After, X-Request-Id",
  "Cross-Origin-Resource-Policy": "cross-origin",
} as const;

const PREFLIGHT_HEADERS = {
  "Access-Control-Allow-Methods": "GET, POST, PUT, DELETE, OPTIONS",
  "Access-Control-Allow-Headers": "*",
  "Access-Control-Max-Age": "86400",
} as const;

/** Sets the headers on whatever is answered, and answers what a browser asks before its request. */
export function crossOrigin(): MiddlewareHandler<AppEnv> {
  return async (c, next) => {
    for (const [name, value] of Object.entries(CROSS_ORIGIN_HEADERS)) setAnswerHeader(c, name, value);
    if (c.req.method !== "OPTIONS") return await next();
    for (const [name, value] of Object.entries(PREFLIGHT_HEADERS)) setAnswerHeader(c, name, value);
    return c.body(null, 204);
  };
}
