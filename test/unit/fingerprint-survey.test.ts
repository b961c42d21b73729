import assert from "node:assert/strict";
import { test } from "node:test";
import type { Pixels } from "../../src/fingerprint/fingerprint.ts";
import { type Boxes, blockBoxes, pdqBoxes } from "../../src/fingerprint/sampling.ts";
import { surveyPixels } from "../../src/fingerprint/survey.ts";
import { noisePicture } from "../support/test-pictures.ts";

const SIZES = [
  [5, 5],
  [7, 16],
  [16, 16],
  [33, 97],
  [64, 130],
  [127, 255],
  [256, 256],
  [301, 256],
] as const;

test("samples are the area means of luma, and blocks those of R + G + B, at every size and alignment", () => {
  for (const [width, height] of SIZES) {
    const pixels = noisePicture(width, height);
    const survey = surveyPixels(pixels);
    const luma = areaMeans(pixels, pdqBoxes, [0.299, 0.587, 0.114]);
    const blocks = areaMeans(pixels, blockBoxes, [1, 1, 1]);
    assertNear(survey.luma, luma, 1e-9, `luma of ${width} x ${height}`);
    assertNear(survey.blocks, blocks, 1e-9, `blocks of ${width} x ${height}`);
  }
});

test("adding up rows in bands moves the samples of a tall picture by less than the noise of neighbouring samples", () => {
  const pixels = noisePicture(65, 3000);
  const survey = surveyPixels(pixels);
  assertNear(survey.blocks, areaMeans(pixels, blockBoxes, [1, 1, 1]), 4, "blocks");
});

test("pixels that start inside a larger buffer survey alike", () => {
  const pixels = noisePicture(50, 41);
  const shifted = new Uint8Array(pixels.data.length + 3);
  shifted.set(pixels.data, 3);
  const expected = surveyPixels(pixels).luma.slice();
  assert.deepEqual(surveyPixels({ ...pixels, data: shifted.subarray(3) }).luma, expected);
});

test("a wide picture surveyed before leaves nothing behind", () => {
  const pixels = noisePicture(20, 20);
  const expected = surveyPixels(pixels).blocks.slice();
  surveyPixels(noisePicture(900, 30, 2));
  assert.deepEqual(surveyPixels(pixels).blocks, expected);
});

test("the largest sums of a band don't overflow", () => {
  const pixels = { data: new Uint8Array(8 * 5000 * 3).fill(255), width: 8, height: 5000 };
  const survey = surveyPixels(pixels);
  assertNear(survey.luma, new Float64Array(4096).fill(255), 1e-6, "luma");
  assertNear(survey.blocks, new Float64Array(256).fill(765), 1e-6, "blocks");
});

/** The definition, pixel by pixel. */
function areaMeans(pixels: Pixels, boxesOf: (side: number) => Boxes, weights: readonly number[]): Float64Array {
  const columns = boxesOf(pixels.width);
  const rows = boxesOf(pixels.height);
  const count = columns.lo.length;
  const means = new Float64Array(count * count);
  for (let j = 0; j < count; j++) {
    for (let i = 0; i < count; i++) {
      let sum = 0;
      let area = 0;
      for (const [y, high] of overlaps(rows, j)) {
        for (const [x, wide] of overlaps(columns, i)) {
          const at = (y * pixels.width + x) * 3;
          sum += high * wide * weights.reduce((total, weight, c) => total + weight * (pixels.data[at + c] ?? 0), 0);
          area += high * wide;
        }
      }
      means[j * count + i] = sum / area;
    }
  }
  return means;
}

function overlaps(boxes: Boxes, i: number): [pixel: number, part: number][] {
  const lo = boxes.lo[i] ?? 0;
  const hi = boxes.hi[i] ?? 0;
  const found: [number, number][] = [];
  for (let pixel = Math.floor(lo); pixel < hi; pixel++) {
    found.push([pixel, Math.min(hi, pixel + 1) - Math.max(lo, pixel)]);
  }
  return found;
}

function assertNear(actual: Float64Array, expected: Float64Array, tolerance: number, name: string): void {
  assert.equal(actual.length, expected.length);
  const worst = actual.reduce((most, value, i) => Math.max(most, Math.abs(value - (expected[i] ?? 0))), 0);
  assert.ok(worst <= tolerance, `${name}: off by ${worst}`);
}
