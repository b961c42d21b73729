import type { MiddlewareHandler } from "hono";
import { setAnswerHeader } from "../../http/middleware/set-answer-header.ts";
import type { AppEnv } from "../../http/request-variables.ts";

/**
 * Pages of any origin may read the answers, as the vendor's answers have it, every one of them: there are pages that call
 * its API from the browser. `Authorization` has to be named, since no wildcard covers it. Credentials that a browser
 * remembers don't count for another origin.
 */
export const CROSS_ORIGIN_HEADERS = {
  "Access-Control-Allow-Origin": "*",
  "Access-Control-Allow-Methods": "GET, POST, PUT, DELETE, OPTIONS",
  "Access-Control-Allow-Headers": "content-type, accept, cache-control, x-requested-with, authorization",
  "Access-Control-Expose-Headers":
    "Monthly-Limit, Monthly-Limit-Remaining, Monthly-Limit-Reset, Retry-After, X-Request-Id",
  "Access-Control-Max-Age": "60",
} as const;

/** Sets the headers on whatever is answered, and answers what a browser asks before its request: it can't send a key then. */
export function crossOrigin(): MiddlewareHandler<AppEnv> {
  return async (c, next) => {
    for (const [name, value] of Object.entries(CROSS_ORIGIN_HEADERS)) setAnswerHeader(c, name, value);
    const isPreflight = c.req.method === "OPTIONS" && c.req.header("access-control-request-method") !== undefined;
    return isPreflight ? c.body(null, 204) : await next();
  };
}
