import { blockhashTransforms } from "./blockhash.ts";
import { coversGround, detailCause, hashDetail } from "./detail.ts";
import type { DetailCause, PerceptualFingerprint, Pixels, Variant } from "./fingerprint.ts";
import { pdqOfSurvey } from "./pdq.ts";
import { findSkew } from "./skew.ts";
import { straighten } from "./straighten.ts";
import { type Survey, surveyPixels } from "./survey.ts";
import { trimBox } from "./trim.ts";

interface Hashed {
  readonly pdq: string | null;
  readonly pdqQuality: number;
  readonly blockhash: string | null;
  /** Null where the detail is insufficient. */
  readonly variant: Variant | null;
  readonly cause: DetailCause | null;
}

/**
 * Every perceptual hash of a picture, from one pass over its pixels, and a second one over what is left of it where borders
 * are trimmed, or where it lies turned on a plain ground and is set upright. The same pixels always give the same answer.
 */
export function fingerprintPixels(pixels: Pixels): PerceptualFingerprint {
  const survey = surveyPixels(pixels);
  const ground = survey.luma[0] ?? 0;
  const whole = hashSurvey(survey, false);
  const rest = surveyTrimmed(pixels);
  const trimmed =
    rest === null || !(whole.cause === null || coversGround(rest.luma, ground)) ? null : hashSurvey(rest, true);
  const variants = [whole.variant, trimmed?.variant ?? null].filter((variant) => variant !== null);
  return {
    pdq: whole.pdq,
    pdqQuality: whole.pdqQuality,
    blockhash: whole.blockhash,
    variants,
    detail: variants.length > 0 ? "sufficient" : "insufficient",
    detailCause: whole.cause,
  };
}

/** What is left of a picture without its borders; null where it has none. */
function surveyTrimmed(pixels: Pixels): Survey | null {
  const skew = findSkew(pixels);
  const upright = skew === null ? null : straighten(pixels, skew);
  const box = trimBox(upright ?? pixels);
  if (upright === null && box === null) return null;
  return surveyPixels(upright ?? pixels, box ?? undefined);
}

function hashSurvey(survey: Survey, trimmed: boolean): Hashed {
  const pdq = pdqOfSurvey(survey);
  const blockhash = blockhashTransforms(survey);
  const hashes = { pdq: pdq?.hash ?? null, pdqQuality: pdq?.quality ?? 0, blockhash: blockhash?.identity ?? null };
  if (pdq === null || blockhash === null) return { ...hashes, variant: null, cause: "too_small" };
  const common =
    hashDetail("pdq", pdq.hash) === "insufficient" ||
    // Blocks are compared in bands of rows: by one of the two, a turned picture passes as it would upright.
    [blockhash.identity, blockhash.transpose].every((hash) => hashDetail("blockhash", hash) === "insufficient");
  const cause = detailCause(survey, pdq) ?? (common ? "common_hash" : null);
  return { ...hashes, variant: cause === null ? { trimmed, pdq: pdq.transforms, blockhash } : null, cause };
}
