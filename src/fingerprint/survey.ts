import type { Pixels } from "./fingerprint.ts";
import { BLOCK_GRID, type Boxes, blockBoxes, PDQ_GRID, pdqBoxes } from "./sampling.ts";
import type { Box } from "./trim.ts";

/** What one pass over the pixels leaves for every hash. The arrays are reused by the next call of `surveyPixels`. */
export interface Survey {
  readonly width: number;
  readonly height: number;
  /** Mean luma (0..255) of PDQ's 64 x 64 samples, row by row. */
  readonly luma: Float64Array;
  /** Phase of those samples along each axis, in cells. */
  readonly shiftX: number;
  readonly shiftY: number;
  /** Mean of R + G + B (0..765) over blockhash's 16 x 16 blocks, row by row. */
  readonly blocks: Float64Array;
}

/** Luma is totalled in thousandths, so that the totals stay whole numbers and exact. */
const LUMA_UNITS = 1000;

const luma = new Float64Array(PDQ_GRID * PDQ_GRID);
const blocks = new Float64Array(BLOCK_GRID * BLOCK_GRID);
const lumaLine = new Float64Array(PDQ_GRID);
const blockLine = new Float64Array(BLOCK_GRID);

/** Scratch for the running totals along a band, grown to the widest picture. */
let lumaTotals = new Float64Array(1);
let sumTotals = new Float64Array(1);

/**
 * Averages a picture down to the samples that the hashes are made of, in one pass.
 * Rows are first added up in bands, a word at a time: on large pictures that is several times faster than by bytes.
 * @param pixels sides of at least one pixel
 * @param box the part to survey, sides of at least one pixel; by default all
 */
export function surveyPixels(
  pixels: Pixels,
  box: Box = { left: 0, top: 0, width: pixels.width, height: pixels.height },
): Survey {
  const { data } = pixels;
  const { width, height } = box;
  const stride = pixels.width * 3;
  const corner = box.top * stride + box.left * 3;
  const columns = pdqBoxes(width);
  const rows = pdqBoxes(height);
  const blockColumns = blockBoxes(width);
  const blockRows = blockBoxes(height);
  const bytes = new DataView(data.buffer, data.byteOffset, data.byteLength);
  if (lumaTotals.length <= width) {
    lumaTotals = new Float64Array(width + 1);
    sumTotals = new Float64Array(width + 1);
  }
  const lumaBefore = lumaTotals;
  const sumBefore = sumTotals;
  luma.fill(0);
  blocks.fill(0);
  const band = bandHeight(height);
  for (let top = 0; top < height; top += band) {
    const bottom = Math.min(height, top + band);
    addUpBand(bytes, width, corner + top * stride, corner + bottom * stride, stride, lumaBefore, sumBefore);
    averageLine(lumaBefore, columns, LUMA_UNITS, lumaLine);
    averageLine(sumBefore, blockColumns, 1, blockLine);
    addLine(luma, lumaLine, rows, top, bottom);
    addLine(blocks, blockLine, blockRows, top, bottom);
  }
  return { width, height, luma, shiftX: columns.shift, shiftY: rows.shift, blocks };
}

/**
 * Rows that are added up before anything else is done with them. At least 128 bands remain of any side over 256, and 256
 * of sides over 2048, where more rows at once still save time.
 */
function bandHeight(height: number): number {
  if (height <= 256) {
    return 1;
  }
  return Math.min(16, Math.max(Math.min(8, Math.floor(height / 128)), Math.floor(height / 256)));
}

/**
 * Sums a band of rows, then leaves running totals along it: `lumaBefore[x]` is the luma of all pixels left of `x`.
 * The band's rows begin `stride` bytes apart, from the byte `start` up to `end`.
 * Four pixels are three 32-bit words; even and odd bytes are added as two 16-bit lanes each (16 rows x 255 fit).
 */
function addUpBand(
  bytes: DataView,
  width: number,
  start: number,
  end: number,
  stride: number,
  lumaBefore: Float64Array,
  sumBefore: Float64Array,
): void {
  const wordWidth = width - (width % 4);
  let lumaTotal = 0;
  let sumTotal = 0;
  let x = 0;
  for (; x < wordWidth; x += 4) {
    let even0 = 0;
    let odd0 = 0;
    let even1 = 0;
    let odd1 = 0;
    let even2 = 0;
    let odd2 = 0;
    for (let at = start + x * 3; at < end; at += stride) {
      const word0 = bytes.getInt32(at, true);
      const word1 = bytes.getInt32(at + 4, true);
      const word2 = bytes.getInt32(at + 8, true);
      even0 += word0 & 0xff00ff;
      odd0 += (word0 >>> 8) & 0xff00ff;
      even1 += word1 & 0xff00ff;
      odd1 += (word1 >>> 8) & 0xff00ff;
      even2 += word2 & 0xff00ff;
      odd2 += (word2 >>> 8) & 0xff00ff;
    }
    // Bytes in memory: R0 G0 B0 R1 | G1 B1 R2 G2 | B2 R3 G3 B3.
    lumaTotal += lumaOf(even0 & 0xffff, odd0 & 0xffff, even0 >>> 16);
    sumTotal += (even0 & 0xffff) + (odd0 & 0xffff) + (even0 >>> 16);
    lumaBefore[x + 1] = lumaTotal;
    sumBefore[x + 1] = sumTotal;
    lumaTotal += lumaOf(odd0 >>> 16, even1 & 0xffff, odd1 & 0xffff);
    sumTotal += (odd0 >>> 16) + (even1 & 0xffff) + (odd1 & 0xffff);
    lumaBefore[x + 2] = lumaTotal;
    sumBefore[x + 2] = sumTotal;
    lumaTotal += lumaOf(even1 >>> 16, odd1 >>> 16, even2 & 0xffff);
    sumTotal += (even1 >>> 16) + (odd1 >>> 16) + (even2 & 0xffff);
    lumaBefore[x + 3] = lumaTotal;
    sumBefore[x + 3] = sumTotal;
    lumaTotal += lumaOf(odd2 & 0xffff, even2 >>> 16, odd2 >>> 16);
    sumTotal += (odd2 & 0xffff) + (even2 >>> 16) + (odd2 >>> 16);
    lumaBefore[x + 4] = lumaTotal;
    sumBefore[x + 4] = sumTotal;
  }
  for (; x < width; x++) {
    let red = 0;
    let green = 0;
    let blue = 0;
    for (let at = start + x * 3; at < end; at += stride) {
      red += bytes.getUint8(at);
      green += bytes.getUint8(at + 1);
      blue += bytes.getUint8(at + 2);
    }
    lumaTotal += lumaOf(red, green, blue);
    sumTotal += red + green + blue;
    lumaBefore[x + 1] = lumaTotal;
    sumBefore[x + 1] = sumTotal;
  }
}

function lumaOf(red: number, green: number, blue: number): number {
  return 299 * red + 587 * green + 114 * blue;
}

/** Mean per pixel column inside each box, from running totals in `1 / units`. */
function averageLine(before: Float64Array, boxes: Boxes, units: number, out: Float64Array): void {
  const { lo, hi, loPixel, loPart, hiPixel, hiPart } = boxes;
  for (let i = 0; i < out.length; i++) {
    const first = loPixel[i] ?? 0;
    const last = hiPixel[i] ?? 0;
    const start = before[first] ?? 0;
    const end = before[last] ?? 0;
    const head = ((before[first + 1] ?? start) - start) * (loPart[i] ?? 0);
    const tail = ((before[last + 1] ?? end) - end) * (hiPart[i] ?? 0);
    out[i] = (end + tail - start - head) / (((hi[i] ?? 0) - (lo[i] ?? 0)) * units);
  }
}

/** Adds a band's line to each row of samples whose box the band overlaps, by the overlap. */
function addLine(grid: Float64Array, line: Float64Array, rows: Boxes, top: number, bottom: number): void {
  const size = line.length;
  const height = rows.hi[size - 1] ?? 1;
  const first = Math.max(0, Math.floor((top * size) / height) - 2);
  const last = Math.min(size - 1, Math.ceil((bottom * size) / height));
  for (let j = first; j <= last; j++) {
    const lo = rows.lo[j] ?? 0;
    const hi = rows.hi[j] ?? 0;
    const overlap = Math.min(hi, bottom) - Math.max(lo, top);
    if (overlap <= 0) {
      continue;
    }
    const weight = overlap / ((bottom - top) * (hi - lo));
    for (let i = 0; i < size; i++) {
      grid[j * size + i] = (grid[j * size + i] ?? 0) + weight * (line[i] ?? 0);
    }
  }
}
