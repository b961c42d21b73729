import assert from "node:assert/strict";
import { test } from "node:test";
import type { ModelInput } from "../../src/classifier/model-sidecar.ts";
import { preprocess } from "../../src/classifier/preprocess.ts";
import type { Pixels } from "../../src/fingerprint/fingerprint.ts";

const BASE: ModelInput = {
  name: "image",
  width: 2,
  height: 1,
  layout: "NHWC",
  channels: "RGB",
  resize: "bilinear-align-corners",
  scale: 1,
  mean: [0, 0, 0],
  std: [1, 1, 1],
};

/** One row of grey pixels. */
function row(...levels: number[]): Pixels {
  return { data: Uint8Array.from(levels.flatMap((v) => [v, v, v])), width: levels.length, height: 1 };
}

function firstChannel(tensor: Float32Array): number[] {
  return [...tensor].filter((_, i) => i % 3 === 0);
}

test("align-corners keeps the outer pixels and mixes between", () => {
  assert.deepEqual(firstChannel(preprocess(row(0, 100, 200, 30), { ...BASE, width: 3 })), [0, 150, 30]);
});

test("align-corners to one pixel takes the first", () => {
  assert.deepEqual(firstChannel(preprocess(row(7, 100, 200), { ...BASE, width: 1 })), [7]);
});

test("align-corners mixes rows as it mixes columns", () => {
  const pixels: Pixels = { data: Uint8Array.from([0, 0, 0, 10, 0, 0, 20, 0, 0, 70, 0, 0]), width: 2, height: 2 };
  const tensor = preprocess(pixels, { ...BASE, width: 3, height: 3 });
  assert.deepEqual(firstChannel(tensor), [0, 5, 10, 10, 25, 40, 20, 45, 70]);
});

test("a shrunk picture is sampled, not averaged", () => {
  assert.deepEqual(firstChannel(preprocess(row(0, 255, 255, 255, 0), BASE)), [0, 0]);
});

test("one pixel fills the whole input", () => {
  assert.deepEqual([...preprocess(row(9), { ...BASE, width: 3, height: 2 })], new Array(18).fill(9));
});

test("bilinear samples at pixel centres", () => {
  assert.deepEqual(firstChannel(preprocess(row(0, 100, 200, 30), { ...BASE, resize: "bilinear" })), [50, 115]);
  assert.deepEqual(firstChannel(preprocess(row(0, 80), { ...BASE, resize: "bilinear", width: 4 })), [0, 20, 60, 80]);
});

test("nearest takes one source pixel as it is", () => {
  assert.deepEqual(firstChannel(preprocess(row(1, 2, 3, 4), { ...BASE, resize: "nearest" })), [2, 4]);
});

test("scale, mean and std apply per channel", () => {
  const pixels: Pixels = { data: Uint8Array.from([255, 0, 51]), width: 1, height: 1 };
  const tensor = preprocess(pixels, { ...BASE, width: 1, scale: 1 / 255, mean: [0.5, 0.25, 0], std: [0.5, 0.5, 0.1] });
  assert.deepEqual([...tensor], [1, -0.5, 2]);
});

test("NCHW holds one plane per channel", () => {
  const pixels: Pixels = { data: Uint8Array.from([1, 2, 3, 4, 5, 6]), width: 2, height: 1 };
  assert.deepEqual([...preprocess(pixels, { ...BASE, layout: "NCHW" })], [1, 4, 2, 5, 3, 6]);
});

test("BGR swaps the outer channels", () => {
  const pixels: Pixels = { data: Uint8Array.from([1, 2, 3, 4, 5, 6]), width: 2, height: 1 };
  assert.deepEqual([...preprocess(pixels, { ...BASE, channels: "BGR" })], [3, 2, 1, 6, 5, 4]);
});

test("pixels that are not three bytes each are refused", () => {
  const pixels: Pixels = { data: new Uint8Array(8), width: 2, height: 1 };
  assert.throws(() => preprocess(pixels, BASE), /Expected 2 x 1 x 3 bytes of pixels but received 8/);
});
