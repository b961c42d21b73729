import type { Context, ErrorHandler } from "hono";
import type { Logger } from "pino";
import { ClientAborted } from "../client-aborted.ts";
import { ERRORS } from "../errors.ts";
import { answerProblem, describeProblem } from "./problem.ts";
import { tellOverload } from "./tell-overload.ts";
import { toAppError } from "./to-app-error.ts";

/** The part of a logger that errors are written to. */
export type ErrorLog = Pick<Logger, "debug" | "warn" | "error">;

/** Never reaches anyone: the client has gone (nginx's number for it). */
const CLIENT_CLOSED_REQUEST = 499;

/**
 * Makes the handler of everything that is thrown under a route: a problem document for the caller, the cause for the log.
 * Reads the request id from the context variable `requestId`.
 */
export function createErrorHandler(log: ErrorLog): ErrorHandler {
  return (error, c) => {
    const requestId = requestIdOf(c);
    if (error instanceof ClientAborted) {
      log.debug({ requestId }, error.message);
      return new Response(null, { status: CLIENT_CLOSED_REQUEST });
    }
    const failure = toAppError(error);
    logFailure(log, c, requestId, failure);
    return answerProblem(c, describeProblem(failure, requestId));
  };
}

/** Writes a failure of ours to the log: `internal` as an error, other answers of status 5xx as a warning, `overloaded` in sum. */
export function logFailure(
  log: ErrorLog,
  c: Context,
  requestId: string | undefined,
  failure: ReturnType<typeof toAppError>,
): void {
  const { status } = ERRORS[failure.code];
  if (status < 500) return;
  if (failure.code === "overloaded") {
    tellOverload(log, failure.message);
    return;
  }
  const record = {
    requestId,
    method: c.req.method,
    path: c.req.path,
    code: failure.code,
    err: failure.cause ?? failure,
  };
  if (failure.code === "internal") log.error(record, failure.message);
  else log.warn(record, failure.message);
}

function requestIdOf(c: Context): string | undefined {
  const id: unknown = c.get("requestId");
  return typeof id === "string" ? id : undefined;
}
