import { type AppError, ERRORS } from "../../errors.ts";
import { redactKeys } from "../../redact-keys.ts";
import type { CheckResult } from "../../services/check-result.ts";
import { listsOf } from "../list-member.ts";
import { acceptsFailure, type Policy } from "./policy.ts";

/** pict-rs reads the status and nothing else; the body is for those who look into a log or try a URL by hand. */
export interface PictRsAnswer {
  /** 200: the upload goes through. Any other: it fails. */
  readonly status: number;
  readonly body: { readonly message: string; readonly lookalike?: object };
}

/** What pictrs-safety, the validator that Lemmy's instances know, answers for a picture that may not be kept. */
const REJECTED = 406;

export function answerChecked(result: CheckResult, policy: Policy): PictRsAnswer {
  const lookalike = {
    verdict: result.verdict,
    lists: listsOf(result.matches),
    reasons: result.reasons.map(({ code }) => code),
  };
  if (result.verdict === "block") return { status: REJECTED, body: { message: "Image blocked", lookalike } };
  if (result.verdict !== "allow" && !policy.acceptsReview) {
    return { status: REJECTED, body: { message: "Image needs a review", lookalike } };
  }
  if (result.fingerprint.frames > 1 && !policy.acceptsAnimations) {
    return { status: REJECTED, body: { message: "Animation not accepted", lookalike } };
  }
  return { status: 200, body: { message: "Image OK", lookalike } };
}

/** The answer to a failure: its own status, or 200 where the query says that it lets the upload through. */
export function answerFailure(error: AppError, query: URLSearchParams): PictRsAnswer {
  const message = redactKeys(error.message);
  return acceptsFailure(query, error)
    ? { status: 200, body: { message: `Accepted unchecked: ${message}` } }
    : { status: ERRORS[error.code].status, body: { message } };
}

export const VIDEO_ACCEPTED: PictRsAnswer = { status: 200, body: { message: "Accepted unchecked: a video" } };
