import type { MiddlewareHandler } from "hono";
import { type ReadBodyOptions, readImageBody } from "../read-body.ts";
import type { AppEnv } from "../request-variables.ts";

/** Paths whose POST may carry an image. */
const TAKES_IMAGE = /^\/v1\/(images\/check|lists\/[^/]+\/entries)$/;
/** The one whose images may come as base64 in JSON, one of the largest size or many small ones. */
const TAKES_BASE64 = "/v1/profiles/check";
const MAX_BASE64_BODY_BYTES = 32 * 1024 * 1024;

/** Reads the body once, within its limits, before anything validates it. */
export function boundedBody(): MiddlewareHandler<AppEnv> {
  return async (c, next) => {
    await readImageBody(c, optionsFor(c.req.path));
    await next();
  };
}

/** Every other route takes JSON or nothing. */
function optionsFor(path: string): ReadBodyOptions {
  if (path === TAKES_BASE64) return { maxTextBytes: MAX_BASE64_BODY_BYTES };
  return { jsonOnly: !TAKES_IMAGE.test(path) };
}
