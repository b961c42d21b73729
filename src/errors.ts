/** One entry of the error catalogue: how a code is answered over HTTP. */
export interface ErrorDefinition {
  /** HTTP status of the native API; a vendor surface may answer another. */
  readonly status: number;
  /** RFC 9457 `title`: short, the same for every occurrence. */
  readonly title: string;
  /** True where the very same request may succeed later. */
  readonly retryable: boolean;
}

/** Every error this service can answer, by code. docs/errors.md is generated from it (`npm run generate:docs`). */
export const ERRORS = {
  image_missing: { status: 400, title: "No image was sent", retryable: false },
  image_empty: { status: 400, title: "The image has no bytes", retryable: false },
  image_unreadable: { status: 422, title: "The bytes are not an image that can be read", retryable: false },
  image_truncated: { status: 422, title: "The image ends too early", retryable: false },
  image_format_unsupported: { status: 415, title: "The image format is not supported", retryable: false },
  image_too_many_bytes: { status: 413, title: "The image has too many bytes", retryable: false },
  image_too_many_pixels: { status: 422, title: "The image has too many pixels", retryable: false },
  image_too_slow: { status: 422, title: "The image took too long to decode", retryable: false },
  image_crashed_decoder: { status: 422, title: "The image stopped its decoder", retryable: false },
  request_malformed: { status: 400, title: "The request is not valid HTTP", retryable: false },
  request_timeout: { status: 408, title: "The request was not complete in time", retryable: true },
  headers_too_large: { status: 431, title: "The request's headers are too large", retryable: false },
  body_malformed: { status: 400, title: "The request body can't be parsed", retryable: false },
  body_too_large: { status: 413, title: "The request body is too large", retryable: false },
  content_type_unsupported: { status: 415, title: "The content type is not supported", retryable: false },
  parameter_invalid: { status: 400, title: "A parameter is not valid", retryable: false },
  hash_malformed: { status: 400, title: "A hash is malformed", retryable: false },
  hash_insufficient_detail: {
    status: 422,
    title: "A perceptual hash has too little detail to match by",
    retryable: false,
  },
  pattern_invalid: { status: 400, title: "The pattern can't be used", retryable: false },
  match_unavailable: { status: 422, title: "The model in use gives no neural hash", retryable: false },
  url_malformed: { status: 400, title: "The URL is not valid", retryable: false },
  url_forbidden: { status: 400, title: "The URL leads to an address that may not be fetched", retryable: false },
  url_unreachable: { status: 422, title: "The URL could not be fetched", retryable: true },
  credentials_missing: { status: 401, title: "This call needs an API key", retryable: false },
  credentials_invalid: { status: 401, title: "The API key is not valid", retryable: false },
  credentials_throttled: { status: 429, title: "Too many wrong API keys came from this address", retryable: true },
  scope_missing: { status: 403, title: "The API key lacks a scope", retryable: false },
  quota_exceeded: { status: 429, title: "The quota is used up", retryable: true },
  route_not_found: { status: 404, title: "There is no such route", retryable: false },
  method_not_allowed: { status: 405, title: "The route does not take this method", retryable: false },
  list_not_found: { status: 404, title: "There is no such list", retryable: false },
  list_kind_mismatch: { status: 422, title: "The list is of another kind", retryable: false },
  list_exists: { status: 409, title: "A list of this name exists", retryable: false },
  entry_not_found: { status: 404, title: "There is no such entry", retryable: false },
  workflow_not_found: { status: 404, title: "There is no such workflow", retryable: false },
  feedback_not_found: { status: 404, title: "There is no such feedback", retryable: false },
  feedback_full: { status: 409, title: "The API key has given as much feedback as is kept", retryable: false },
  picture_not_kept: { status: 404, title: "The picture was not kept", retryable: false },
  key_not_found: { status: 404, title: "There is no such API key", retryable: false },
  upload_not_found: { status: 404, title: "There is no such upload", retryable: false },
  upload_share_used: { status: 429, title: "The API key has its share of the room for uploads", retryable: true },
  upload_gone: { status: 410, title: "The upload was deleted or its time is over", retryable: false },
  key_fixed: { status: 409, title: "This API key is fixed by the service's configuration", retryable: false },
  idempotency_key_reused: {
    status: 422,
    title: "The Idempotency-Key was used with another request",
    retryable: false,
  },
  idempotency_in_progress: {
    status: 409,
    title: "A request with this Idempotency-Key is still running",
    retryable: true,
  },
  overloaded: { status: 503, title: "The service is at its limit", retryable: true },
  database_unavailable: { status: 503, title: "The database can't be reached", retryable: true },
  shutting_down: { status: 503, title: "The service is shutting down", retryable: true },
  internal: { status: 500, title: "Something went wrong on our side", retryable: true },
} as const satisfies Record<string, ErrorDefinition>;

export type ErrorCode = keyof typeof ERRORS;

/** Facts about an error that the caller may see; each is a member of the problem document. */
export interface ErrorFacts {
  /** The request field at fault, as the caller named it (`image`, `hashes[3].value`). */
  readonly field?: string;
  /** Whole seconds after which a retry makes sense. */
  readonly retryAfterSeconds?: number;
}

/**
 * A failure the caller may be told about. `message` is shown to the caller: it names the field, what was expected and
 * what came, and nothing from inside the service. `cause` goes to the log only.
 */
export class AppError extends Error {
  override readonly name = "AppError";
  readonly code: ErrorCode;
  readonly facts: ErrorFacts;

  constructor(code: ErrorCode, message: string, facts: ErrorFacts = {}, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    this.facts = facts;
  }
}
