import assert from "node:assert/strict";
import { test } from "node:test";
import { encodeNeuralMap, parseNeuralMap } from "../../src/classifier/neural-map.ts";
import { NEURAL_NUMBERS } from "../../src/fingerprint/neural.ts";

/** Number k is the difference of input k mod 3 from its mean, with a sign that changes from number to number. */
const mean = Float64Array.of(1, 2, 3);
const directions = Array.from({ length: NEURAL_NUMBERS }, (_, k) =>
  Float64Array.from({ length: 3 }, (_, i) => (i === k % 3 ? (k % 2 === 0 ? 1 : -1) : 0)),
);
const bytes = encodeNeuralMap(mean, directions);

test("a map takes the mean off, turns by its directions and scales the longest number to 127", () => {
  // 2, 0 and -1 away from the mean.
  const vector = parseNeuralMap(bytes, "map").vectorOf(Float32Array.of(3, 2, 2));
  const numbers = [...Buffer.from(vector, "hex")].map((byte) => byte - 128);
  assert.equal(numbers.length, NEURAL_NUMBERS);
  [127, 0, -63.5, -127, 0, 63.5].forEach((expected, k) => {
    assert.ok(Math.abs((numbers[k] ?? Number.NaN) - expected) <= 0.5, `${k}: ${numbers[k]}`);
  });
});

test("a map read from a part of a larger buffer is the same map", () => {
  const part = Buffer.concat([Buffer.alloc(3, 7), bytes, Buffer.alloc(5, 7)]).subarray(3, 3 + bytes.length);
  const values = Float32Array.of(3, 2, 2);
  assert.equal(parseNeuralMap(part, "map").vectorOf(values), parseNeuralMap(bytes, "map").vectorOf(values));
});

test("weights are kept to half a part in 127 of the largest of their direction", () => {
  const direction = Float64Array.of(1, -0.5, 0.013);
  const encoded = encodeNeuralMap(
    mean,
    directions.map(() => direction),
  );
  const view = new DataView(encoded.buffer);
  const scale = view.getFloat32(4, true);
  const weights = new Int8Array(encoded.slice(4 + 8 * NEURAL_NUMBERS).buffer);
  direction.forEach((weight, i) => {
    assert.ok(Math.abs((weights[i] ?? 0) * scale - weight) <= scale / 2 + 1e-6);
  });
});

test("bytes that are no map are refused by name", () => {
  const refused = [new Uint8Array(0), bytes.slice(1), bytes.slice(0, -1), new Uint8Array(bytes.length)];
  for (const other of refused) assert.throws(() => parseNeuralMap(other, "the-file"), /the-file/);
});

test("numbers of another count than the map takes are refused", () => {
  assert.throws(() => parseNeuralMap(bytes, "map").vectorOf(new Float32Array(4)), /Expected 3 numbers/);
});

test("directions that don't fit the mean, or are too few, are not encoded", () => {
  assert.throws(() => encodeNeuralMap(mean, directions.slice(1)), RangeError);
  assert.throws(() => encodeNeuralMap(mean.slice(1), directions), RangeError);
});
