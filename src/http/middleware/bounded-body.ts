import type { MiddlewareHandler } from "hono";
import { readImageBody } from "../read-body.ts";
import type { AppEnv } from "../request-variables.ts";

/** Reads the body once, within its limits, before anything validates it. */
export function boundedBody(): MiddlewareHandler<AppEnv> {
  return async (c, next) => {
    await readImageBody(c);
    await next();
  };
}
