import { HTTPException } from "hono/http-exception";
import { AppError, type ErrorCode } from "../errors.ts";
import { databaseFailure } from "./database-failure.ts";

const CODE_BY_STATUS: Readonly<Record<number, ErrorCode>> = {
  400: "body_malformed",
  401: "credentials_missing",
  403: "scope_missing",
  404: "route_not_found",
  405: "method_not_allowed",
  413: "body_too_large",
  415: "content_type_unsupported",
};

/** All that is said about an error nobody foresaw. */
const INTERNAL = "The request failed for a reason of our own";

/**
 * What a caller may be told about any error: an AppError as it is; the framework's own refusals and a database that is
 * away by their code; everything else as `internal`, with fixed words. The original is the `cause`, for the log.
 */
export function toAppError(error: unknown): AppError {
  if (error instanceof AppError) return error;
  if (error instanceof HTTPException) return fromHttpException(error);
  const failure = databaseFailure(error);
  if (failure !== null) {
    return new AppError("database_unavailable", "Expected an answer from the database but received none", failure, {
      cause: error,
    });
  }
  return new AppError("internal", INTERNAL, {}, { cause: error });
}

function fromHttpException(error: HTTPException): AppError {
  const code = CODE_BY_STATUS[error.status] ?? "internal";
  return new AppError(
    code,
    DETAILS[code] ?? INTERNAL,
    {},
    {
      cause: error,
    },
  );
}

/** Fixed words, since the framework's may quote anything. */
const DETAILS: Partial<Record<ErrorCode, string>> = {
  body_malformed: "Expected a body that parses as its content type says but received one that doesn't",
  credentials_missing: "Expected an API key but received none",
  scope_missing: "Expected an API key with another scope",
  route_not_found: "Expected the path of a route",
  method_not_allowed: "Expected another method for this route",
  body_too_large: "Expected fewer bytes for body but received more",
  content_type_unsupported: "Expected a content type that the route takes but received another",
};
