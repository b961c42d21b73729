import { PDQ_GRID } from "./sampling.ts";

/** Coefficients kept along each axis: the 16 lowest frequencies above the mean. */
export const PDQ_COEFFICIENTS = 16;

/** The 16 x 64 matrix of PDQ's DCT: sqrt(2/64) cos(pi/128 (i + 1)(2j + 1)). No row for the mean. */
export const DCT: Float64Array = dctMatrix();

const movedDcts = new Map<number, Float64Array>();

/**
 * The DCT of samples that were taken `cells` beyond where they are wanted: they are moved back by cubic interpolation
 * (Catmull-Rom; the frequencies kept have at least 8 samples to a period), the edge sample standing in for what lies
 * outside.
 * @param cells 0..1; the few values in use are remembered
 */
export function movedDct(cells: number): Float64Array {
  if (cells === 0) {
    return DCT;
  }
  let matrix = movedDcts.get(cells);
  if (matrix === undefined) {
    matrix = movedDctMatrix(cells);
    movedDcts.set(cells, matrix);
  }
  return matrix;
}

/**
 * Transforms each of `count` rows of 64 values by a 16 x 64 matrix and leaves the result transposed, 16 x `count`, so
 * that a second call transforms the other axis and puts rows back to rows. Two rows by four coefficients at a time: that
 * many sums stay in registers.
 * @param count an even number
 */
export function transformRows(rows: Float64Array, count: number, matrix: Float64Array, out: Float64Array): void {
  for (let y = 0; y < count; y += 2) {
    const first = y * PDQ_GRID;
    const second = first + PDQ_GRID;
    for (let k = 0; k < PDQ_COEFFICIENTS; k += 4) {
      const m0 = k * PDQ_GRID;
      const m1 = m0 + PDQ_GRID;
      const m2 = m1 + PDQ_GRID;
      const m3 = m2 + PDQ_GRID;
      let a0 = 0;
      let a1 = 0;
      let a2 = 0;
      let a3 = 0;
      let b0 = 0;
      let b1 = 0;
      let b2 = 0;
      let b3 = 0;
      for (let x = 0; x < PDQ_GRID; x++) {
        const a = rows[first + x] ?? 0;
        const b = rows[second + x] ?? 0;
        const w0 = matrix[m0 + x] ?? 0;
        const w1 = matrix[m1 + x] ?? 0;
        const w2 = matrix[m2 + x] ?? 0;
        const w3 = matrix[m3 + x] ?? 0;
        a0 += a * w0;
        a1 += a * w1;
        a2 += a * w2;
        a3 += a * w3;
        b0 += b * w0;
        b1 += b * w1;
        b2 += b * w2;
        b3 += b * w3;
      }
      out[k * count + y] = a0;
      out[(k + 1) * count + y] = a1;
      out[(k + 2) * count + y] = a2;
      out[(k + 3) * count + y] = a3;
      out[k * count + y + 1] = b0;
      out[(k + 1) * count + y + 1] = b1;
      out[(k + 2) * count + y + 1] = b2;
      out[(k + 3) * count + y + 1] = b3;
    }
  }
}

function dctMatrix(): Float64Array {
  const matrix = new Float64Array(PDQ_COEFFICIENTS * PDQ_GRID);
  for (let i = 0; i < PDQ_COEFFICIENTS; i++) {
    for (let j = 0; j < PDQ_GRID; j++) {
      matrix[i * PDQ_GRID + j] = Math.sqrt(2 / PDQ_GRID) * Math.cos((Math.PI / (2 * PDQ_GRID)) * (i + 1) * (2 * j + 1));
    }
  }
  return matrix;
}

function movedDctMatrix(cells: number): Float64Array {
  const t = 1 - cells;
  // Of the samples m-2, m-1, m and m+1 in the value at m - cells.
  const weights = [
    (-t + 2 * t * t - t * t * t) / 2,
    (2 - 5 * t * t + 3 * t * t * t) / 2,
    (t + 4 * t * t - 3 * t * t * t) / 2,
    (-t * t + t * t * t) / 2,
  ];
  const matrix = new Float64Array(PDQ_COEFFICIENTS * PDQ_GRID);
  for (let i = 0; i < PDQ_COEFFICIENTS; i++) {
    for (let m = 0; m < PDQ_GRID; m++) {
      for (const [k, weight] of weights.entries()) {
        const from = Math.min(PDQ_GRID - 1, Math.max(0, m - 2 + k));
        const at = i * PDQ_GRID + from;
        matrix[at] = (matrix[at] ?? 0) + weight * (DCT[i * PDQ_GRID + m] ?? 0);
      }
    }
  }
  return matrix;
}
