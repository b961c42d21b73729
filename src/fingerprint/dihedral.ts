import { DCT, movedDct, PDQ_COEFFICIENTS, transformRows } from "./dct.ts";
import { PDQ_GRID } from "./sampling.ts";
import type { Transform } from "./transform.ts";

const SIZE = PDQ_COEFFICIENTS * PDQ_COEFFICIENTS;
/** Coefficients this near are equal: of a blank picture nothing is left but rounding, which would pass for a hash. */
const EQUAL = 1e-6;

const across = new Float64Array(PDQ_COEFFICIENTS * PDQ_GRID);
const movedAcross = new Float64Array(PDQ_COEFFICIENTS * PDQ_GRID);
const upright = new Float64Array(SIZE);
const mirrored = new Float64Array(SIZE);
const flipped = new Float64Array(SIZE);
const turned = new Float64Array(SIZE);
const sorted = new Float64Array(SIZE);

export interface DihedralHashes {
  readonly hashes: Record<Transform, string>;
  /** The 16 x 16 coefficients of the picture itself, row by row; reused by the next call. */
  readonly coefficients: Float64Array;
}

/**
 * The PDQ hashes of a picture and of its seven mirrored and turned versions, 64 hex digits each.
 *
 * Mirroring a picture negates every other DCT coefficient along that axis and transposing it transposes them, so none of
 * the versions is sampled again. Sign changes alone would do if the samples lay at the cells' centres; they lie `shift`
 * cells beyond, and in the mirrored picture `shift` cells before, so that axis is transformed as if sampled 2 `shift`
 * earlier. Without that a half turn lands up to 66 bits from the hash of the picture really turned.
 *
 * @param samples 64 x 64, row by row
 * @param shiftX phase of the samples in cells, across; @param shiftY the same, down
 */
export function dihedralHashes(samples: Float64Array, shiftX: number, shiftY: number): DihedralHashes {
  const movedY = movedDct(2 * shiftY);
  transformRows(samples, PDQ_GRID, DCT, across);
  transformRows(samples, PDQ_GRID, movedDct(2 * shiftX), movedAcross);
  transformRows(across, PDQ_COEFFICIENTS, DCT, upright);
  transformRows(movedAcross, PDQ_COEFFICIENTS, DCT, mirrored);
  transformRows(across, PDQ_COEFFICIENTS, movedY, flipped);
  transformRows(movedAcross, PDQ_COEFFICIENTS, movedY, turned);
  negateOddFrequencies(mirrored, 0, 1);
  negateOddFrequencies(flipped, 1, 0);
  negateOddFrequencies(turned, 1, 1);
  const [identity, transpose] = hashPair(upright);
  const [mirror, rotate270] = hashPair(mirrored);
  const [flip, rotate90] = hashPair(flipped);
  const [rotate180, transverse] = hashPair(turned);
  return {
    hashes: { identity, mirror, flip, rotate90, rotate180, rotate270, transpose, transverse },
    coefficients: upright,
  };
}

/** Row and column 0 hold frequency 1, which is odd: it changes sign when its axis is mirrored. */
function negateOddFrequencies(coefficients: Float64Array, down: 0 | 1, across: 0 | 1): void {
  for (let i = 0; i < PDQ_COEFFICIENTS; i++) {
    for (let j = 0; j < PDQ_COEFFICIENTS; j++) {
      const odd = (down & (i + 1) & 1) ^ (across & (j + 1) & 1);
      if (odd === 1) {
        const at = i * PDQ_COEFFICIENTS + j;
        coefficients[at] = -(coefficients[at] ?? 0);
      }
    }
  }
}

/** Hashes of the coefficients and of their transpose, which share the median. */
function hashPair(coefficients: Float64Array): [string, string] {
  sorted.set(coefficients);
  sorted.sort();
  const median = (sorted[SIZE / 2 - 1] ?? 0) + EQUAL;
  return [hexAbove(coefficients, median, PDQ_COEFFICIENTS, 1), hexAbove(coefficients, median, 1, PDQ_COEFFICIENTS)];
}

/** PDQ's text form: sixteen 16-bit words, one a row, the last row and the highest column first. */
function hexAbove(coefficients: Float64Array, median: number, rowStep: number, columnStep: number): string {
  let hex = "";
  for (let i = PDQ_COEFFICIENTS - 1; i >= 0; i--) {
    let word = 0;
    for (let j = PDQ_COEFFICIENTS - 1; j >= 0; j--) {
      word = (word << 1) | ((coefficients[i * rowStep + j * columnStep] ?? 0) > median ? 1 : 0);
    }
    hex += word.toString(16).padStart(4, "0");
  }
  return hex;
}
