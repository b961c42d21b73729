import assert from "node:assert/strict";
import { test } from "node:test";
import { parseModelSidecar } from "../../src/classifier/model-sidecar.ts";

const INPUT = { name: "image", width: 4, height: 3, layout: "NCHW", resize: "bilinear" };
const SIDECAR = {
  name: "open-model",
  input: INPUT,
  output: { name: "logits" },
  labels: ["safe", "nsfw"],
  unsafe: ["nsfw"],
};

function parse(changes: Record<string, unknown>) {
  return parseModelSidecar(JSON.stringify({ ...SIDECAR, ...changes }), "model.json");
}

test("a sidecar may leave out what has a default", () => {
  assert.deepEqual(parse({}), {
    ...SIDECAR,
    input: { ...INPUT, channels: "RGB", scale: 1 / 255, mean: [0, 0, 0], std: [1, 1, 1] },
    output: { name: "logits", activation: "none" },
    suggestive: [],
  });
});

test("text that is no JSON is refused with the sidecar's name", () => {
  assert.throws(() => parseModelSidecar("{", "model.json"), /JSON in the model sidecar model\.json/);
});

const refused: readonly (readonly [string, Record<string, unknown>, RegExp])[] = [
  ["a name that could not stand before @", { name: "a@b" }, /model\.json is not valid: name: expected/],
  ["a missing member", { output: undefined }, /output: .*expected object/],
  ["an unknown member", { unsave: [] }, /unsave/],
  ["an unknown resize", { input: { ...INPUT, resize: "lanczos" } }, /input\.resize: .*bilinear-align-corners/],
  ["a width of half a pixel", { input: { ...INPUT, width: 0.5 } }, /input\.width/],
  ["a standard deviation of 0", { input: { ...INPUT, std: [1, 0, 1] } }, /input\.std\.1/],
  ["two means for three channels", { input: { ...INPUT, mean: [0, 0] } }, /input\.mean/],
  ["labels in capitals", { labels: ["Safe", "nsfw"] }, /labels\.0: expected lower-case/],
  ["a label twice", { labels: ["nsfw", "nsfw"] }, /labels: expected every label once/],
  ["no unsafe label", { unsafe: [] }, /unsafe/],
  ["an unsafe label the model does not give", { unsafe: ["porn"] }, /unsafe: .*received porn/],
  ["a suggestive label the model does not give", { suggestive: ["sexy"] }, /suggestive: .*received sexy/],
  ["a label both unsafe and suggestive", { suggestive: ["nsfw"] }, /suggestive: nsfw is in unsafe already/],
];

for (const [what, changes, message] of refused) {
  test(`${what} is refused, naming the member`, () => {
    assert.throws(() => parse(changes), message);
  });
}
