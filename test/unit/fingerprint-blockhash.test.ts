import assert from "node:assert/strict";
import { test } from "node:test";
import { bmvbhash } from "blockhash-core";
import { blockhashOf, blockhashTransforms } from "../../src/fingerprint/blockhash.ts";
import type { Pixels } from "../../src/fingerprint/fingerprint.ts";
import { hammingDistance } from "../../src/fingerprint/hamming.ts";
import { surveyPixels } from "../../src/fingerprint/survey.ts";
import { TRANSFORMS } from "../../src/fingerprint/transform.ts";
import { noisePicture, texturedPicture, turned } from "../support/test-pictures.ts";

for (const [width, height] of [
  [320, 240],
  [256, 512],
  [400, 533],
  [123, 77],
  [17, 250],
] as const) {
  test(`a ${width} x ${height} picture hashes as blockhash-core hashes all its pixels, within 4 bits`, () => {
    const picture = texturedPicture(width, height, 3);
    const whole = bmvbhash({ width, height, data: toRgba(picture) }, 16);
    const distance = hammingDistance(blockhashOf(picture) ?? "", whole);
    assert.ok(distance <= 4, `${distance} bits`);
  });
}

test("each symmetry's blockhash is that of the picture really turned, bit for bit", () => {
  for (const [width, height] of [
    [320, 240],
    [123, 177],
    [64, 64],
  ] as const) {
    const picture = texturedPicture(width, height, 5);
    const hashes = blockhashTransforms(surveyPixels(picture));
    for (const transform of TRANSFORMS) {
      const distance = hammingDistance(hashes?.[transform] ?? "", blockhashOf(turned(picture, transform)) ?? "");
      // Means of the same pixels, summed in another order: a block may fall on the other side of the median by rounding.
      assert.ok(distance <= 1, `${transform} of ${width} x ${height}: ${distance} bits`);
    }
  }
});

test("a side below 16 pixels has no blockhash, 16 has one", () => {
  assert.equal(blockhashOf(noisePicture(15, 400)), null);
  assert.equal(blockhashOf(noisePicture(400, 15)), null);
  assert.notEqual(blockhashOf(noisePicture(16, 16)), null);
});

test("a white picture is all ones and a black one all zeros, as blockhash-core has it", () => {
  const blank = (level: number) => ({ data: new Uint8Array(100 * 80 * 3).fill(level), width: 100, height: 80 });
  assert.equal(blockhashOf(blank(255)), "f".repeat(64));
  assert.equal(blockhashOf(blank(0)), "0".repeat(64));
});

function toRgba({ data, width, height }: Pixels): Uint8Array {
  return Uint8Array.from({ length: width * height * 4 }, (_, i) =>
    i % 4 === 3 ? 255 : (data[Math.floor(i / 4) * 3 + (i % 4)] ?? 0),
  );
}
