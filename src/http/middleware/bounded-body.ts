import type { MiddlewareHandler } from "hono";
import { readImageBody } from "../read-body.ts";
import type { AppEnv } from "../request-variables.ts";

const WITH_BODY = new Set(["POST", "PATCH", "PUT"]);

/** Reads every body once, within its limits, before anything validates it. */
export function boundedBody(): MiddlewareHandler<AppEnv> {
  return async (c, next) => {
    if (WITH_BODY.has(c.req.method)) await readImageBody(c);
    await next();
  };
}
