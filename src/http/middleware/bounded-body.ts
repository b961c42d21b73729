import type { MiddlewareHandler } from "hono";
import { readImageBody } from "../read-body.ts";
import type { AppEnv } from "../request-variables.ts";

/** Paths whose POST may carry an image; every other route takes JSON or nothing. */
const TAKES_IMAGE = /^\/v1\/(images\/check|feedback|lists\/[^/]+\/entries|workflows\/[^/]+\/check)$/;

/** Reads the body once, within its limits, before anything validates it. */
export function boundedBody(): MiddlewareHandler<AppEnv> {
  return async (c, next) => {
    await readImageBody(c, { jsonOnly: !TAKES_IMAGE.test(c.req.path) });
    await next();
  };
}
