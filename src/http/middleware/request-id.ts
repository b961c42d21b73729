import { randomUUID } from "node:crypto";
import type { MiddlewareHandler } from "hono";
import { setAnswerHeader } from "./set-answer-header.ts";

/** Context variables that every request has. */
export interface RequestIdVariables {
  /** 1 to 64 letters, digits, `_` or `-`. */
  requestId: string;
}

const ACCEPTABLE = /^[\w-]{1,64}$/;

/**
 * Gives each request an id, which the answer's X-Request-Id, a problem's `instance` and the log share: the client's own
 * X-Request-Id where it is short and plain, else `req_` and 32 hex digits.
 */
export function requestId(): MiddlewareHandler<{ Variables: RequestIdVariables }> {
  return async (c, next) => {
    const given = c.req.header("x-request-id");
    const id = given !== undefined && ACCEPTABLE.test(given) ? given : `req_${randomUUID().replaceAll("-", "")}`;
    c.set("requestId", id);
    setAnswerHeader(c, "X-Request-Id", id);
    await next();
  };
}
