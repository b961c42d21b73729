import { type AppError, ERRORS, type ErrorCode } from "../../errors.ts";
import { redactKeys } from "../../redact-keys.ts";
import type { Scores } from "../../scores.ts";
import type { CheckResult } from "../../services/check-result.ts";
import { listVerdict } from "../list-verdict.ts";

/** The detector's error codes (docs/api-detect-images.md of misskey-dev/sensitive-detector). */
type DetectErrorCode =
  | "AUTHENTICATION_REQUIRED"
  | "INVALID_REQUEST"
  | "UNSUPPORTED_MEDIA_TYPE"
  | "REQUEST_TOO_LARGE"
  | "IMAGE_DECODE_FAILED"
  | "MODEL_UNAVAILABLE"
  | "DETECTION_FAILED";

export interface Failed {
  readonly success: false;
  readonly error: { readonly code: DetectErrorCode; readonly message: string };
}

export type PartResult = { readonly success: true; readonly predictions: readonly Prediction[] } | Failed;

interface Prediction {
  readonly className: string;
  /** 0..1 */
  readonly probability: number;
}

/** What Misskey acts on, and what it takes for harmless. */
const EXPLICIT = "Porn";
const HARMLESS = "Neutral";

/**
 * The model's scores by class, the most probable first. Misskey judges by them alone: where a list blocks the picture it is
 * `Porn` for certain, and where one allows it `Neutral`.
 */
export function answerPart({ matches, classification }: CheckResult): PartResult {
  const scores = byClass(classification?.scores ?? {});
  const verdict = listVerdict(matches);
  const certain = verdict === "block" ? EXPLICIT : verdict === "allow" ? HARMLESS : null;
  if (certain !== null) {
    for (const name of [...scores.keys(), certain]) scores.set(name, name === certain ? 1 : 0);
  }
  const predictions = [...scores].map(([className, probability]) => ({ className, probability }));
  return { success: true, predictions: predictions.sort((a, b) => b.probability - a.probability) };
}

function byClass(scores: Scores): Map<string, number> {
  const named = Object.entries(scores).map(
    ([label, score]) => [label.charAt(0).toUpperCase() + label.slice(1), score] as const,
  );
  return new Map(named);
}

export function failed(code: DetectErrorCode, message: string): Failed {
  return { success: false, error: { code, message } };
}

/** A failure in the detector's words; for a part, and for a whole request. */
export function answerFailure(error: AppError): Failed {
  return failed(CODES[error.code] ?? "DETECTION_FAILED", redactKeys(error.message));
}

/** The detector knows no quota and no route that is missing; the rest are its own numbers, and mostly the service's. */
export function statusOf({ code }: AppError): number {
  if (code === "scope_missing") return 401;
  return CODES[code] === "INVALID_REQUEST" ? 400 : ERRORS[code].status;
}

const CODES: Partial<Record<ErrorCode, DetectErrorCode>> = {
  credentials_missing: "AUTHENTICATION_REQUIRED",
  credentials_invalid: "AUTHENTICATION_REQUIRED",
  credentials_throttled: "AUTHENTICATION_REQUIRED",
  scope_missing: "AUTHENTICATION_REQUIRED",
  route_not_found: "INVALID_REQUEST",
  method_not_allowed: "INVALID_REQUEST",
  request_malformed: "INVALID_REQUEST",
  body_malformed: "INVALID_REQUEST",
  image_missing: "INVALID_REQUEST",
  content_type_unsupported: "UNSUPPORTED_MEDIA_TYPE",
  body_too_large: "REQUEST_TOO_LARGE",
  image_too_many_bytes: "REQUEST_TOO_LARGE",
  image_too_many_pixels: "REQUEST_TOO_LARGE",
  image_unreadable: "IMAGE_DECODE_FAILED",
  image_truncated: "IMAGE_DECODE_FAILED",
  image_format_unsupported: "IMAGE_DECODE_FAILED",
  image_crashed_decoder: "IMAGE_DECODE_FAILED",
  overloaded: "MODEL_UNAVAILABLE",
  shutting_down: "MODEL_UNAVAILABLE",
  database_unavailable: "MODEL_UNAVAILABLE",
};
