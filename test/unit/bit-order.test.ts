import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { describe, test } from "node:test";
import fc from "fast-check";
import { fromIndexBits, toIndexBits } from "../../src/fingerprint/bit-order.ts";
import { chunkValues } from "../../src/fingerprint/chunks.ts";
import { PERCEPTUAL_KINDS } from "../../src/fingerprint/fingerprint.ts";
import { bruteDistance, flip } from "../support/near-corpus.ts";

const ZERO = "0".repeat(64);
const hash = fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => Buffer.from(bytes).toString("hex"));
const kind = fc.constantFrom(...PERCEPTUAL_KINDS);

describe("bit order", () => {
  test("the stored order of each kind never changes", () => {
    const digests = PERCEPTUAL_KINDS.map((each) => {
      const images = Array.from({ length: 256 }, (_, bit) => toIndexBits(each, flip(ZERO, [bit])));
      return createHash("sha256").update(images.join()).digest("hex");
    });
    assert.deepEqual(digests, [
      "651353a97a3615a5e3fcc5451ea94390fc54e64bb7fb19b8fa4268ef443cb01d",
      "e7a5849b40bbc49f5ae15d98d9bfdcfc6efbce2bdda687007c6eca8e5102b252",
    ]);
  });

  test("a hash comes back unchanged", () => {
    fc.assert(fc.property(kind, hash, (each, value) => fromIndexBits(each, toIndexBits(each, value)) === value));
  });

  test("distances are the same in index order", () => {
    fc.assert(
      fc.property(kind, hash, hash, (each, a, b) => {
        const reordered = bruteDistance(toIndexBits(each, a).slice(1), toIndexBits(each, b).slice(1));
        return reordered === bruteDistance(a, b);
      }),
    );
  });

  test("every bit has a place of its own", () => {
    for (const each of PERCEPTUAL_KINDS) {
      const places = new Set(Array.from({ length: 256 }, (_, bit) => toIndexBits(each, flip(ZERO, [bit]))));
      assert.equal(places.size, 256);
      for (const place of places) assert.equal(bruteDistance(place.slice(1), ZERO), 1);
    }
  });

  test("neighbours in the picture stand in different chunks of a blockhash", () => {
    const chunkOf = (bit: number) =>
      chunkValues(toIndexBits("blockhash", flip(ZERO, [bit]))).findIndex((value) => value !== 0);
    const neighbours = Array.from({ length: 256 }, (_, bit) => bit).flatMap((bit) => [
      ...(bit % 16 < 15 ? [[bit, bit + 1] as const] : []),
      ...(bit < 240 ? [[bit, bit + 16] as const] : []),
    ]);
    const together = neighbours.filter(([a, b]) => chunkOf(a) === chunkOf(b));
    assert.equal(neighbours.length, 480);
    assert.deepEqual(together, []);
  });

  test("anything but 64 hex digits is refused", () => {
    for (const value of ["", "0", ZERO.slice(1), `${ZERO}0`, `${ZERO}00`, "g".repeat(64), `${ZERO.slice(1)}g`]) {
      assert.throws(() => toIndexBits("pdq", value), RangeError);
      assert.throws(() => fromIndexBits("pdq", `x${value}`), RangeError);
    }
  });
});
