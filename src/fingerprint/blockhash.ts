import { bmvbhashEven } from "blockhash-core";
import { permuteGrid } from "./bit-grid.ts";
import type { Pixels } from "./fingerprint.ts";
import { BLOCK_GRID } from "./sampling.ts";
import { type Survey, surveyPixels } from "./survey.ts";
import type { Transform } from "./transform.ts";

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
  const survey = surveyPixels(pixels);
  return isTooSmall(survey) ? null : hashBlocks(survey.blocks, BLOCK_GRID, 1);
}

/**
 * blockhash of a picture under each symmetry, 64 hex digits each; null where a side is below 16 pixels. Exactly what the
 * turned picture's own blockhash would be: blocks are compared inside four bands of rows, which mirroring and half turns
 * keep, so their bits only change places. Quarter turns make columns of the bands; they are hashed anew from the blocks.
 */
export function blockhashTransforms(survey: Survey): Record<Transform, string> | null {
  if (isTooSmall(survey)) return null;
  const upright = hashBlocks(survey.blocks, BLOCK_GRID, 1);
  const transposed = hashBlocks(survey.blocks, 1, BLOCK_GRID);
  return {
    identity: upright,
    mirror: permuteGrid(upright, "mirror"),
    flip: permuteGrid(upright, "flip"),
    rotate90: permuteGrid(transposed, "mirror"),
    rotate180: permuteGrid(upright, "rotate180"),
    rotate270: permuteGrid(transposed, "flip"),
    transpose: transposed,
    transverse: permuteGrid(transposed, "rotate180"),
  };
}

function isTooSmall({ width, height }: Survey): boolean {
  return width < SMALLEST_SIDE || height < SMALLEST_SIDE;
}

/** Hashes blocks that lie `rowStep` and `columnStep` apart: swapped, those of the transposed picture. */
function hashBlocks(blocks: Float64Array, rowStep: number, columnStep: number): string {
  for (let y = 0; y < SIDE; y++) {
    const row = Math.floor(y / BLOCK_PIXELS) * rowStep;
    for (let x = 0; x < SIDE; x++) {
      picture[(y * SIDE + x) * 4] = blocks[row + Math.floor(x / BLOCK_PIXELS) * columnStep] ?? 0;
    }
  }
  return bmvbhashEven({ width: SIDE, height: SIDE, data: picture }, BLOCK_GRID);
}
