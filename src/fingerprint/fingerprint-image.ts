import { blockhashOfSurvey } from "./blockhash.ts";
import { detailOf, hashDetail } from "./detail.ts";
import type { PerceptualFingerprint, Pixels } from "./fingerprint.ts";
import { pdqOfSurvey } from "./pdq.ts";
import { surveyPixels } from "./survey.ts";
import type { Transform } from "./transform.ts";

/**
 * Names the algorithms and the decoder settings that the stored perceptual hashes came from. Raise it with any change
 * that moves a hash: sampling, DCT, blockhash, colour handling, shrinking while decoding.
 */
export const FINGERPRINT_VERSION = 1;

export interface PixelFingerprint extends PerceptualFingerprint {
  /** PDQ of the picture under each symmetry, 64 hex digits each; null where `pdq` is null. */
  readonly pdqTransforms: Record<Transform, string> | null;
}

/** Every perceptual hash of a picture, from one pass over its pixels. The same pixels always give the same answer. */
export function fingerprintPixels(pixels: Pixels): PixelFingerprint {
  const survey = surveyPixels(pixels);
  const pdq = pdqOfSurvey(survey);
  const blockhash = blockhashOfSurvey(survey);
  const telling =
    pdq !== null &&
    blockhash !== null &&
    detailOf(survey, pdq.coefficients) === "sufficient" &&
    hashDetail("pdq", pdq.hash) === "sufficient" &&
    hashDetail("blockhash", blockhash) === "sufficient";
  return {
    pdq: pdq?.hash ?? null,
    pdqQuality: pdq?.quality ?? 0,
    pdqTransforms: pdq?.transforms ?? null,
    blockhash,
    detail: telling ? "sufficient" : "insufficient",
  };
}
