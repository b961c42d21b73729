import { AppError, ERRORS, type ErrorCode } from "../../errors.ts";
import { retryAfterHeader } from "../../http/retry-after.ts";
import { redactKeys } from "../../redact-keys.ts";
import type { Refused } from "../surface.ts";

/** A request that the vendor's API would not take, with the vendor's own code for it. */
export class InvalidRequest extends AppError {
  readonly vendorCode: string;

  /** @param param the parameter at fault, as the vendor names it */
  constructor(vendorCode: string, message: string, param: string) {
    super("parameter_invalid", message, { field: param });
    this.vendorCode = vendorCode;
  }
}

interface Described {
  /** The vendor's client chooses the error that it throws by it. */
  readonly status: number;
  readonly type?: string;
  readonly param?: string;
  readonly code: string | null;
  /** The vendor's words, where a client or a person may know them. */
  readonly message?: string;
  /** The vendor's words before ours. */
  readonly preface?: string;
  /** Whether the vendor's clients are to try again, where they would guess wrong. */
  readonly shouldRetry?: boolean;
}

// The vendor's codes for images as its users' programs tell them apart: what comes back after a while, and what never does.
const IMAGE: Described = { status: 400, param: "input", code: "invalid_image_format" };
const TOO_LARGE: Described = { ...IMAGE, code: "file_too_large" };
const URL: Described = { ...IMAGE, code: "image_url_unavailable", preface: "Failed to download image" };
const BUSY: Described = { status: 503, type: "server_error", code: null };

const DESCRIBED: Partial<Record<ErrorCode, Described>> = {
  credentials_missing: {
    status: 401,
    code: null,
    message:
      "You didn't provide an API key. You need to provide your API key in an Authorization header using Bearer auth " +
      "(i.e. Authorization: Bearer YOUR_KEY).",
  },
  credentials_invalid: { status: 401, code: "invalid_api_key", message: "Incorrect API key provided." },
  credentials_throttled: { status: 429, type: "requests", code: "rate_limit_exceeded" },
  scope_missing: { status: 403, code: "missing_scope" },
  // The clients try again after any 429: a quota that is used up is still used up a second later.
  quota_exceeded: { status: 429, type: "insufficient_quota", code: "insufficient_quota", shouldRetry: false },
  image_empty: IMAGE,
  image_unreadable: IMAGE,
  image_truncated: IMAGE,
  image_format_unsupported: IMAGE,
  image_too_many_bytes: TOO_LARGE,
  image_too_many_pixels: TOO_LARGE,
  image_too_slow: IMAGE,
  image_crashed_decoder: IMAGE,
  url_malformed: URL,
  url_forbidden: URL,
  url_unreachable: URL,
  content_type_unsupported: { status: 400, code: "unsupported_content_type" },
  method_not_allowed: { status: 405, code: "method_not_supported" },
  overloaded: BUSY,
  shutting_down: BUSY,
  database_unavailable: BUSY,
  internal: {
    status: 500,
    type: "server_error",
    code: null,
    message: "The server had an error while processing your request.",
  },
};

/**
 * A failure in the vendor's shape, `{"error": {message, type, param, code}}`, with the status that makes its client throw
 * the right error. `x-should-retry` is what the clients go by before their own guess (npm openai, client.js: shouldRetry).
 */
export function describeFailure(error: AppError): Refused {
  const invalid = error instanceof InvalidRequest;
  const described = DESCRIBED[error.code] ?? { status: ERRORS[error.code].status, code: null };
  const { status, type = "invalid_request_error", param = error.facts.field ?? null, preface, shouldRetry } = described;
  const code = invalid ? error.vendorCode : described.code;
  const message = described.message ?? (preface === undefined ? error.message : `${preface}: ${error.message}`);
  return {
    status,
    body: { error: { message: redactKeys(message), type, param: param && redactKeys(param), code } },
    headers: {
      ...(shouldRetry === undefined ? retryAfterHeader(error, status) : { "x-should-retry": String(shouldRetry) }),
      ...(status === 401 && { "WWW-Authenticate": 'Bearer realm="lookalike"' }),
    },
  };
}
