import { AppError, type ErrorCode } from "../../errors.ts";
import { redactKeys } from "../../redact-keys.ts";

/** What an instance wants done where the answer is neither a clear yes nor a clear no. True: the upload goes through. */
export interface Policy {
  /** `on_review`: people should look at the picture. */
  readonly acceptsReview: boolean;
  /** `on_animation`: of several frames only the first was looked at. */
  readonly acceptsAnimations: boolean;
  /** `on_unsupported`: a video, or a picture of a format that isn't read. */
  readonly acceptsUnsupported: boolean;
  /** `on_error`: nobody looked, because of the service or of the quota. */
  readonly acceptsUnchecked: boolean;
}

/** Codes that are nobody's verdict on the file. */
const OUR_FAILURES: readonly ErrorCode[] = [
  "overloaded",
  "shutting_down",
  "database_unavailable",
  "internal",
  "quota_exceeded",
  // The body was given up on to make room for others.
  "request_timeout",
];

/** All that the URL may say. */
const PARAMETERS: readonly string[] = ["key", "on_review", "on_animation", "on_unsupported", "on_error"];

/**
 * Reads the policy from the query of the one URL that pict-rs has for validation, each `accept` or `reject`. What wasn't
 * checked is rejected unless it is told otherwise; a picture for review is accepted, since pict-rs has nowhere to keep it, and so
 * is an animation, of which every surface looks at the first frame.
 * @throws AppError parameter_invalid, also for a parameter that there isn't or that comes twice: misspelt, it would be as if
 * nothing had been said
 */
export function readPolicy(query: URLSearchParams): Policy {
  for (const name of query.keys()) {
    if (!PARAMETERS.includes(name)) throw invalid(`Expected ${PARAMETERS.join(", ")} in the query`, name);
    if (query.getAll(name).length > 1) throw invalid("Expected each parameter once", name);
  }
  return {
    acceptsReview: accepts(query, "on_review", true),
    acceptsAnimations: accepts(query, "on_animation", true),
    acceptsUnsupported: accepts(query, "on_unsupported", false),
    acceptsUnchecked: accepts(query, "on_error", false),
  };
}

function accepts(query: URLSearchParams, name: string, unlessSaid: boolean): boolean {
  const value = query.get(name);
  if (value === null) return unlessSaid;
  if (value === "accept" || value === "reject") return value === "accept";
  throw invalid(`Expected accept or reject for ${name}`, value, name);
}

function invalid(expected: string, received: string, field?: string): AppError {
  const shown = JSON.stringify(redactKeys(received).slice(0, 40));
  return new AppError("parameter_invalid", `${expected} but received ${shown}`, field === undefined ? {} : { field });
}

/** Whether a failure lets the upload through; false also where the policy itself can't be read. */
export function acceptsFailure(query: URLSearchParams, { code }: AppError): boolean {
  try {
    const policy = readPolicy(query);
    if (code === "image_format_unsupported") return policy.acceptsUnsupported;
    return OUR_FAILURES.includes(code) && policy.acceptsUnchecked;
  } catch {
    return false;
  }
}
