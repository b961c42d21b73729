import assert from "node:assert/strict";
import { test } from "node:test";
import type { Pixels } from "../../src/fingerprint/fingerprint.ts";
import { hammingDistance } from "../../src/fingerprint/hamming.ts";
import { isHash256 } from "../../src/fingerprint/hex.ts";
import { pdqOf } from "../../src/fingerprint/pdq.ts";
import { TRANSFORMS } from "../../src/fingerprint/transform.ts";
import { noisePicture, texturedPicture, turned } from "../support/test-pictures.ts";

test("the same pixels give the identical hash, whatever was hashed in between", () => {
  const first = pdqOf(texturedPicture(200, 150));
  pdqOf(noisePicture(333, 222));
  const again = pdqOf(texturedPicture(200, 150));
  assert.deepEqual(again, first);
  assert.ok(first !== null && isHash256(first.hash));
});

test("a side below 5 pixels has no hash, 5 has one", () => {
  assert.equal(pdqOf(noisePicture(4, 300)), null);
  assert.equal(pdqOf(noisePicture(300, 4)), null);
  assert.notEqual(pdqOf(noisePicture(5, 5)), null);
});

test("half of the bits are set, and quality is within 0..100", () => {
  const { hash, quality } = requirePdq(texturedPicture(400, 300));
  assert.equal(hammingDistance(hash, "0".repeat(64)), 128);
  assert.ok(quality > 50 && quality <= 100, `quality ${quality}`);
});

test("a blank picture hashes to zeros with quality 0, not to rounding noise", () => {
  for (const level of [0, 77, 128, 255]) {
    const pixels = { data: new Uint8Array(120 * 90 * 3).fill(level), width: 120, height: 90 };
    const pdq = requirePdq(pixels);
    assert.deepEqual([...new Set(Object.values(pdq.transforms))], ["0".repeat(64)]);
    assert.equal(pdq.quality, 0);
  }
});

for (const [width, height] of [
  [400, 300],
  [640, 1000],
  [256, 200],
  [120, 90],
] as const) {
  test(`each transform of a ${width} x ${height} picture is the hash of the picture so turned, within 12 bits`, () => {
    const picture = texturedPicture(width, height, 5);
    const { transforms } = requirePdq(picture);
    for (const transform of TRANSFORMS) {
      const hash = requirePdq(turned(picture, transform)).hash;
      const distances = TRANSFORMS.map((other) => hammingDistance(transforms[other], hash));
      const own = hammingDistance(transforms[transform], hash);
      assert.ok(own <= 12, `${transform}: ${own} bits`);
      assert.equal(distances.filter((distance) => distance <= 60).length, 1, `${transform}: ${distances}`);
    }
  });
}

test("a picture averaged to half its size hashes within 10 bits, at sizes of phone photos and previews", () => {
  for (const [width, height] of [
    [800, 600],
    [400, 534],
    [1200, 1600],
    [700, 400],
  ] as const) {
    const picture = texturedPicture(width, height, 9);
    const distance = hammingDistance(requirePdq(picture).hash, requirePdq(halve(picture)).hash);
    assert.ok(distance <= 10, `${width} x ${height}: ${distance} bits`);
  }
});

function halve({ data, width, height }: Pixels): Pixels {
  const half = { data: new Uint8Array((width / 2) * (height / 2) * 3), width: width / 2, height: height / 2 };
  for (let i = 0; i < half.data.length; i++) {
    const x = Math.floor(i / 3) % half.width;
    const y = Math.floor(i / 3 / half.width);
    const at = (2 * y * width + 2 * x) * 3 + (i % 3);
    const below = at + width * 3;
    const sum = (data[at] ?? 0) + (data[at + 3] ?? 0) + (data[below] ?? 0) + (data[below + 3] ?? 0);
    half.data[i] = Math.round(sum / 4);
  }
  return half;
}

function requirePdq(pixels: Pixels) {
  const pdq = pdqOf(pixels);
  assert.ok(pdq !== null);
  return pdq;
}
