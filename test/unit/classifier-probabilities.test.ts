import assert from "node:assert/strict";
import { test } from "node:test";
import { toProbabilities } from "../../src/classifier/probabilities.ts";

test("probabilities pass as they are", () => {
  assert.deepEqual(toProbabilities(Float32Array.of(0.25, 0.75), "none", 2), [0.25, 0.75]);
});

test("float32 rounding beyond 0..1 is cut off", () => {
  assert.deepEqual(toProbabilities(Float32Array.of(-1e-6, 1.00001), "none", 2), [0, 1]);
});

test("softmax turns logits into a distribution, large ones too", () => {
  assert.deepEqual(toProbabilities(Float32Array.of(1000, 1000), "softmax", 2), [0.5, 0.5]);
});

test("sigmoid turns each logit into a probability of its own", () => {
  assert.deepEqual(toProbabilities(Float32Array.of(0, 100, -1000), "sigmoid", 3), [0.5, 1, 0]);
});

test("a number that is no probability is refused", () => {
  assert.throws(() => toProbabilities(Float32Array.of(2, -1), "none", 2), /Expected probabilities of 0\.\.1/);
  assert.throws(() => toProbabilities(Float32Array.of(Number.NaN), "none", 1), /received NaN/);
});

test("another count than one per label is refused", () => {
  assert.throws(() => toProbabilities(Float32Array.of(0.5, 0.5), "none", 5), /Expected one number per label, 5/);
});
