import { dihedralHashes } from "./dihedral.ts";
import type { Pixels } from "./fingerprint.ts";
import { PDQ_GRID } from "./sampling.ts";
import { type Survey, surveyPixels } from "./survey.ts";
import type { Transform } from "./transform.ts";

/** Smallest side PDQ hashes, in pixels. */
const SMALLEST_SIDE = 5;

export interface Pdq {
  /** 64 hex digits. */
  readonly hash: string;
  /** 0..100; below about 50 the hash says little. */
  readonly quality: number;
  /** The hash of the picture under each symmetry, 64 hex digits each; `identity` equals `hash`. */
  readonly transforms: Record<Transform, string>;
  /** The 16 x 16 coefficients behind `hash`, row by row; reused by the next picture. */
  readonly coefficients: Float64Array;
}

/**
 * PDQ of a picture, or null where a side is below 5 pixels
 * (Meta, https://github.com/facebook/ThreatExchange/blob/main/hashing/hashing.pdf).
 * Sampled by area at every size; `pdqBoxes` says how that differs from the reference and why.
 */
export function pdqOf(pixels: Pixels): Pdq | null {
  return pdqOfSurvey(surveyPixels(pixels));
}

/** As `pdqOf`, for a picture that was surveyed already. */
export function pdqOfSurvey(survey: Survey): Pdq | null {
  if (survey.width < SMALLEST_SIDE || survey.height < SMALLEST_SIDE) {
    return null;
  }
  const { hashes, coefficients } = dihedralHashes(survey.luma, survey.shiftX, survey.shiftY);
  return { hash: hashes.identity, quality: pdqQuality(survey.luma), transforms: hashes, coefficients };
}

/**
 * PDQ's quality, 0..100: how much neighbouring samples differ, in whole hundredths of the full range.
 * @param luma 64 x 64 samples, 0..255
 */
export function pdqQuality(luma: Float64Array): number {
  let sum = 0;
  for (let y = 0; y < PDQ_GRID; y++) {
    for (let x = 0; x < PDQ_GRID; x++) {
      const at = y * PDQ_GRID + x;
      const here = luma[at] ?? 0;
      if (y + 1 < PDQ_GRID) {
        sum += Math.abs(Math.trunc(((here - (luma[at + PDQ_GRID] ?? 0)) * 100) / 255));
      }
      if (x + 1 < PDQ_GRID) {
        sum += Math.abs(Math.trunc(((here - (luma[at + 1] ?? 0)) * 100) / 255));
      }
    }
  }
  return Math.min(100, Math.floor(sum / 90));
}
