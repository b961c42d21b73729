import { randomUUID } from "node:crypto";
import type { MiddlewareHandler } from "hono";
import { redactKeys } from "../../redact-keys.ts";
import { setAnswerHeader } from "./set-answer-header.ts";

/** Context variables that every request has. */
export interface RequestIdVariables {
  /** 1 to 64 letters, digits, `_` or `-`. */
  requestId: string;
}

const ACCEPTABLE = /^[\w-]{1,64}$/;

/** The client's own id where it is acceptable, else a new one. An API key isn't: the id is logged and stored. */
export function chooseRequestId(given: string | string[] | undefined): string {
  const acceptable = typeof given === "string" && ACCEPTABLE.test(given) && redactKeys(given) === given;
  return acceptable ? given : `req_${randomUUID().replaceAll("-", "")}`;
}

/**
 * Gives each request an id, which the answer's X-Request-Id, a problem's `instance` and the log share: the client's own
 * X-Request-Id where it is short and plain, else `req_` and 32 hex digits.
 */
export function requestId(): MiddlewareHandler<{ Variables: RequestIdVariables }> {
  return async (c, next) => {
    const id = chooseRequestId(c.req.header("x-request-id"));
    c.set("requestId", id);
    setAnswerHeader(c, "X-Request-Id", id);
    await next();
  };
}
