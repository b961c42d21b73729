import type { Context } from "hono";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import { type AppError, ERRORS, type ErrorCode } from "../../errors.ts";
import { retryAfterHeader } from "../../http/retry-after.ts";
import { redactKeys } from "../../redact-keys.ts";
import { type ApiVersion, versionOf } from "./own-paths.ts";

/** The vendor's words for whatever goes wrong inside, from its page. */
const UNEXPECTED = "Unexpected error while running the classification job.";
const NOT_DOWNLOADED = "The image could not be downloaded. It has to be public and to arrive within 5 seconds.";
const BUSY = "The service is busy. Please try again later.";
/** The vendor's words, which its clients look for; v1 has a name for it besides. */
const NO_QUOTA = "You have reached your monthly limits for this subscription.";
const NO_QUOTA_TYPE = "monthly_limit_reached";

/** Texts that don't say what the error itself would: it names fields of the native API, or nothing that helps here. */
const TEXTS: Partial<Record<ErrorCode, string>> = {
  url_malformed: "The URL of the image has to be an http or https one.",
  url_forbidden: NOT_DOWNLOADED,
  url_unreachable: NOT_DOWNLOADED,
  credentials_missing: "Basic authentication with an API key and its secret is required.",
  credentials_invalid: "The API key or its secret is not valid.",
  quota_exceeded: NO_QUOTA,
  // The vendor's words in v1, the only version that asks for a file by no name.
  image_missing: "No valid files received for uploading.",
  database_unavailable: BUSY,
  shutting_down: BUSY,
  internal: UNEXPECTED,
};

/** RFC 7617; the only scheme that the vendor knows. */
const CHALLENGE = 'Basic realm="lookalike", charset="UTF-8"';

/** The vendor's object for a failure; v1 may have a name for it. */
export function errorBody(version: ApiVersion, text: string, type?: string) {
  if (version === "v2") return { status: { type: "error", text } };
  return { status: "error", message: text, ...(type !== undefined && { type }) };
}

/** A failure in the vendor's shape. */
export interface Failure {
  readonly status: ContentfulStatusCode;
  readonly body: ReturnType<typeof errorBody>;
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * Puts an error into the vendor's shape, with one of the statuses that its documentation names.
 * @param target the path that was asked for, or the whole target
 */
export function describeFailure(error: AppError, target: string): Failure {
  const status = statusOf(error);
  const type = error.code === "quota_exceeded" ? NO_QUOTA_TYPE : undefined;
  return {
    status,
    body: errorBody(versionOf(target), TEXTS[error.code] ?? redactKeys(error.message), type),
    headers: {
      ...(status === 401 && { "WWW-Authenticate": CHALLENGE }),
      ...retryAfterHeader(error, status),
    },
  };
}

/**
 * Its documentation knows 400, 401, 403, 404, 405, 406, 410, 429, 500 and 503: what is wrong with an image is 400. A quota that is
 * used up is 403, as what a plan doesn't have: 429 is for requests that may be made again in a moment.
 */
function statusOf({ code, facts }: AppError): ContentfulStatusCode {
  if (code === "parameter_invalid" && facts.field === "categorizer") return 404;
  if (code === "quota_exceeded") return 403;
  const { status } = ERRORS[code];
  switch (status) {
    case 401:
    case 403:
    case 404:
    case 405:
    case 410:
    case 429:
    case 500:
    case 503:
      return status;
    case 408:
      return 503;
    default:
      return 400;
  }
}

/** Answers with a failure. */
export function answerFailure(c: Context, error: AppError): Response {
  const { status, body, headers } = describeFailure(error, c.req.path);
  return c.json(body, status, headers);
}

/** Why one of several images was not categorized: the vendor's words, but for what its caller has to know. */
export function describeReason(error: AppError): string {
  switch (error.code) {
    case "quota_exceeded":
      return NO_QUOTA;
    case "upload_gone":
      return "The content was deleted, or its 24 hours are over. Upload it again.";
    case "upload_not_found":
      return "There is no such content.";
    default:
      return "An error prevented image from being categorized. Please try again.";
  }
}
