import { type AppError, ERRORS, type ErrorCode } from "../../errors.ts";
import { redactKeys } from "../../redact-keys.ts";
import { requestFacts } from "./request-facts.ts";

/** The vendor's types of errors that occur here (docs/api-error-codes-and-responses). */
type FailureType =
  | "api_error"
  | "argument_error"
  | "credentials_error"
  | "media_error"
  | "plan_error"
  | "request_error"
  | "usage_limit";

interface Kind {
  readonly type: FailureType;
  /** HTTP status: the vendor documents 4xx and 5xx, and no number for any type. */
  readonly status: number;
  /** Of the vendor's numbers two are known: 1, wrong keys, and 32, a day's usage limit reached. Those from 1000 on are ours. */
  readonly code: number;
}

const credentials = (status: number, code: number): Kind => ({ type: "credentials_error", status, code });
const argument = (code: number): Kind => ({ type: "argument_error", status: 400, code });
const media = (code: number): Kind => ({ type: "media_error", status: 400, code });

// The vendor's page shows argument_error in its example of wrong keys, but the service was seen to answer credentials_error,
// and clients tell good keys from bad by that type with a call that lacks its arguments.
const KINDS: Partial<Record<ErrorCode, Kind>> = {
  credentials_missing: credentials(401, 1),
  credentials_invalid: credentials(401, 1),
  credentials_throttled: credentials(429, 1001),
  scope_missing: { type: "plan_error", status: 403, code: 1002 },
  quota_exceeded: { type: "usage_limit", status: 429, code: 32 },
  feedback_full: { type: "usage_limit", status: 429, code: 1003 },
  parameter_invalid: argument(1010),
  image_missing: argument(1011),
  list_not_found: argument(1012),
  body_malformed: argument(1013),
  body_too_large: argument(1014),
  content_type_unsupported: argument(1015),
  match_unavailable: argument(1016),
  workflow_not_found: argument(1017),
  image_too_many_bytes: media(1020),
  image_empty: media(1021),
  image_unreadable: media(1022),
  image_truncated: media(1023),
  image_format_unsupported: media(1024),
  image_too_many_pixels: media(1025),
  image_too_slow: media(1026),
  image_crashed_decoder: media(1027),
  url_malformed: media(1028),
  url_forbidden: media(1029),
  url_unreachable: media(1030),
};

/** Anything else: ours where its status says so, else the request's. */
function kindOf(code: ErrorCode): Kind {
  const { status } = ERRORS[code];
  return KINDS[code] ?? { type: status >= 500 ? "api_error" : "request_error", status, code: 1000 };
}

/** The vendor's own words, where its clients know them. */
function messageOf(error: AppError): string {
  switch (error.code) {
    case "credentials_missing":
    case "credentials_invalid":
      return "Incorrect API user or API secret";
    case "image_too_many_bytes":
      return "Image too big, should be less than 12 megabytes";
    default:
      return redactKeys(error.message);
  }
}

export function failureStatus(error: AppError): number {
  return kindOf(error.code).status;
}

/**
 * The body of a failure.
 * @param operations units that were charged before it failed
 */
export function failureBody(error: AppError, requestId: string | null, operations: number) {
  const { type, code } = kindOf(error.code);
  return {
    status: "failure",
    request: requestFacts(requestId, operations),
    error: { type, code, message: messageOf(error) },
  };
}
