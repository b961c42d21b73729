import type { Context } from "hono";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import { type AppError, ERRORS, type ErrorCode } from "../../errors.ts";
import { retryAfterHeader } from "../../http/retry-after.ts";
import { redactKeys } from "../../redact-keys.ts";
import type { Refused } from "../surface.ts";

interface Described {
  readonly status: number;
  /** What kind of failure it is, for people. */
  readonly title: string;
  /** The vendor's words, where its clients' users know them. */
  readonly message?: (error: AppError) => string;
}

const ACCESS_DENIED: Described = {
  status: 401,
  title: "Access Denied",
  message: () =>
    "Access denied due to invalid subscription key or wrong API endpoint. Make sure to provide a valid key for an active " +
    "subscription and use a correct regional API endpoint for your resource.",
};
const IMAGE_FORMAT: Described = { status: 400, title: "Image Format Error" };
const IMAGE_SIZE: Described = { status: 400, title: "Image Size Error" };
const DOWNLOAD: Described = { status: 400, title: "Image Download Error" };
const INVALID: Described = { status: 400, title: "Bad Request" };
const NOT_FOUND: Described = { status: 404, title: "Not Found" };
const BUSY: Described = { status: 503, title: "Service Unavailable" };

const DESCRIBED: Partial<Record<ErrorCode, Described>> = {
  credentials_missing: ACCESS_DENIED,
  credentials_invalid: ACCESS_DENIED,
  credentials_throttled: { status: 429, title: "Too Many Requests" },
  scope_missing: { status: 403, title: "Forbidden" },
  // Not 429: the vendor's client would wait as long as Retry-After says, hours perhaps, and ask again.
  quota_exceeded: { status: 403, title: "Quota Exceeded", message: outOfQuota },
  image_missing: INVALID,
  image_empty: IMAGE_FORMAT,
  image_unreadable: IMAGE_FORMAT,
  image_truncated: IMAGE_FORMAT,
  image_format_unsupported: IMAGE_FORMAT,
  image_too_slow: IMAGE_FORMAT,
  image_crashed_decoder: IMAGE_FORMAT,
  image_too_many_bytes: IMAGE_SIZE,
  image_too_many_pixels: IMAGE_SIZE,
  url_malformed: DOWNLOAD,
  url_forbidden: DOWNLOAD,
  url_unreachable: DOWNLOAD,
  parameter_invalid: INVALID,
  body_malformed: INVALID,
  body_too_large: INVALID,
  content_type_unsupported: INVALID,
  list_not_found: NOT_FOUND,
  entry_not_found: NOT_FOUND,
  route_not_found: { ...NOT_FOUND, message: () => "Resource not found" },
  overloaded: BUSY,
  shutting_down: BUSY,
  database_unavailable: BUSY,
};

/**
 * A failure in the vendor's shapes.
 * @param trackingId the request's id; null before it has one
 */
export function describeFailure(error: AppError, trackingId: string | null): Refused {
  const { status, title } = ERRORS[error.code];
  const described = DESCRIBED[error.code] ?? { status, title };
  const message = redactKeys(described.message?.(error) ?? error.message);
  return {
    ...failure(described.status, described.title, message, trackingId),
    headers: {
      ...retryAfterHeader(error, described.status),
      ...(described.status === 401 && { "WWW-Authenticate": CHALLENGE }),
    },
  };
}

const CHALLENGE = 'AzureApiManagementKey realm="lookalike", name="Ocp-Apim-Subscription-Key", type="header"';

/**
 * An error's body. The vendor has three forms, and its clients read one or another of them: `error`, of the gateway before
 * the service (the npm client takes its `code` and `message` from there); `Error`, of the service's own description (its
 * `body`); and `Message` with `Errors`, which the service really answered for images that it did not take.
 */
export function failure(status: number, title: string, message: string, trackingId: string | null): Refused {
  const code = String(status);
  return {
    status,
    body: {
      error: { code, message },
      Error: { Code: code, Message: message },
      Message: title,
      Errors: [{ Title: title, Message: message }],
      TrackingId: trackingId,
    },
  };
}

/** In the vendor's words; the time as days, and hours, minutes and seconds. */
function outOfQuota({ facts }: AppError): string {
  const seconds = facts.retryAfterSeconds;
  if (seconds === undefined) return "Out of call volume quota.";
  const part = (unit: number, most: number) => String(Math.floor(seconds / unit) % most).padStart(2, "0");
  const time = `${part(3600, 24)}:${part(60, 60)}:${part(1, 60)}`;
  return `Out of call volume quota. Quota will be replenished in ${Math.floor(seconds / 86_400)}.${time}.`;
}

/** Sends a failure. */
export function answer(c: Context, { status, body, headers }: Refused): Response {
  return c.json(body, status as ContentfulStatusCode, headers);
}
