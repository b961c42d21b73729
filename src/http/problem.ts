import type { Context } from "hono";
import { type AppError, ERRORS, type ErrorCode } from "../errors.ts";
import { redactKeys } from "../redact-keys.ts";
import { retryAfterSeconds } from "./retry-after.ts";

/** An RFC 9457 problem document, with this service's own members behind the standard ones. */
export interface Problem {
  /** Where the code is explained, relative to the service: `/docs/errors#image_missing`. */
  readonly type: string;
  readonly title: string;
  readonly status: (typeof ERRORS)[ErrorCode]["status"];
  readonly detail: string;
  readonly code: ErrorCode;
  /** The request id, which the log knows too; absent before one was given out. */
  readonly instance?: string;
  /** The request field at fault, as the caller named it. */
  readonly field?: string;
  /** Whole seconds; the same as the Retry-After header. */
  readonly retry_after_seconds?: number;
}

/** Where the error catalogue is served; each code is an anchor there. */
export const ERROR_DOCS_PATH = "/docs/errors";

/** RFC 9110, section 11.6.1: the ways in which a key may be sent. */
const CHALLENGES = 'Bearer realm="lookalike", Basic realm="lookalike", charset="UTF-8"';

/** The problem document of an error; its cause stays behind, and so does an API key where the request had one out of place. */
export function describeProblem(error: AppError, requestId: string | undefined): Problem {
  const { status, title } = ERRORS[error.code];
  const { field } = error.facts;
  const retryAfter = retryAfterSeconds(error, status);
  return {
    type: `${ERROR_DOCS_PATH}#${error.code}`,
    title,
    status,
    detail: redactKeys(error.message),
    code: error.code,
    ...(requestId === undefined ? {} : { instance: requestId }),
    ...(field === undefined ? {} : { field: redactKeys(field) }),
    ...(retryAfter === undefined ? {} : { retry_after_seconds: retryAfter }),
  };
}

/**
 * Answers with a problem document: application/problem+json, Retry-After where a retry makes sense, WWW-Authenticate
 * with 401.
 */
export function answerProblem(c: Context, problem: Problem): Response {
  c.header("Content-Type", "application/problem+json");
  if (problem.retry_after_seconds !== undefined) c.header("Retry-After", String(problem.retry_after_seconds));
  if (problem.status === 401) c.header("WWW-Authenticate", CHALLENGES);
  return c.newResponse(JSON.stringify(problem), problem.status);
}
