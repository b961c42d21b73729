import { bmvbhashEven } from "blockhash-core";
import type { Pixels } from "./fingerprint.ts";
import { BLOCK_GRID } from "./sampling.ts";
import { type Survey, surveyPixels } from "./survey.ts";

/** Smallest side that fills the 16 x 16 blocks, in pixels. */
const SMALLEST_SIDE = BLOCK_GRID;

/**
 * Pixels along a block of the picture handed to blockhash-core. It calls blocks equal that differ by less than 1 in all:
 * with 2 x 2 by a quarter of a level of R + G + B, which keeps light, flat bands from flickering between copies.
 */
const BLOCK_PIXELS = 2;

const SIDE = BLOCK_GRID * BLOCK_PIXELS;

/** An RGBA picture, opaque: red carries R + G + B, of which blockhash only knows the sum. */
const picture: number[] = Array.from({ length: SIDE * SIDE * 4 }, (_, i) => (i % 4 === 3 ? 255 : 0));

/**
 * blockhash of a picture, 16 x 16 bits as 64 hex digits, or null where a side is below 16 pixels
 * (http://blockhash.io, precise method: block means are taken by area, so any size and shape will do).
 */
export function blockhashOf(pixels: Pixels): string | null {
  return blockhashOfSurvey(surveyPixels(pixels));
}

/** As `blockhashOf`, for a picture that was surveyed already. */
export function blockhashOfSurvey(survey: Survey): string | null {
  if (survey.width < SMALLEST_SIDE || survey.height < SMALLEST_SIDE) {
    return null;
  }
  for (let y = 0; y < SIDE; y++) {
    const row = Math.floor(y / BLOCK_PIXELS) * BLOCK_GRID;
    for (let x = 0; x < SIDE; x++) {
      picture[(y * SIDE + x) * 4] = survey.blocks[row + Math.floor(x / BLOCK_PIXELS)] ?? 0;
    }
  }
  return bmvbhashEven({ width: SIDE, height: SIDE, data: picture }, BLOCK_GRID);
}
