import type { MiddlewareHandler } from "hono";
import { releaseBody } from "../body-budget.ts";

/** Gives back what a request's body took of the process's budget, once nothing works with it any more. */
export function releasesBody(): MiddlewareHandler {
  return async (c, next) => {
    try {
      await next();
    } finally {
      releaseBody(c.req.raw);
    }
  };
}
