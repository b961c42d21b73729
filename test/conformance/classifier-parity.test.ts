import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import { loadClassifier } from "../../src/classifier/onnx-classifier.ts";
import { decodeFull } from "../../src/image/decode-image.ts";
import { sharedData } from "../support/shared-data.ts";

type Scores = Readonly<Record<string, number>>;

interface Golden {
  readonly fixtures: Readonly<Record<string, Scores>>;
  readonly photos: Readonly<Record<string, Scores>>;
}

/**
 * Largest difference of one probability. Measured 6.8e-6; the rest is room for the float32 kernels of other processors,
 * and far below the 2.5e-3 that the nearest alternative, DequantizeLinear, differs by.
 */
const TOLERANCE = 5e-5;

const golden: Golden = JSON.parse(readFileSync(new URL("classifier-golden.json", import.meta.url), "utf8"));
const classifier = await loadClassifier(fileURLToPath(new URL("../../models/nsfw-mobilenet-v2.onnx", import.meta.url)));
after(() => classifier.close());

const fixtureFolder = fileURLToPath(new URL("../fixtures/model/", import.meta.url));
for (const [file, expected] of Object.entries(golden.fixtures)) {
  test(`the fixture ${file} scores as the published package scores it, and is labelled by its name`, async () => {
    const scores = await assertParity(fixtureFolder + file, expected);
    assert.equal(`${topLabel(scores)}.png`, file.toLowerCase());
  });
}

const photoFolder = sharedData("photos/");
const photos = Object.entries(golden.photos);
test(`the scores of ${photos.length} real photos are those of the published package`, {
  skip: photoFolder === null ? `${photos.length} photos are not beside the project` : false,
}, async () => {
  for (const [file, expected] of photos) await assertParity(`${photoFolder}${file}`, expected);
});

async function assertParity(path: string, expected: Scores): Promise<Scores> {
  const { scores } = await classifier.classify(classifier.prepare(await decodeFull(readFileSync(path))));
  assert.deepEqual(Object.keys(scores), Object.keys(expected));
  for (const [label, p] of Object.entries(expected)) {
    const difference = Math.abs((scores[label] ?? Number.NaN) - p);
    assert.ok(difference <= TOLERANCE, `${path}: ${label} is ${scores[label]}, published ${p}`);
  }
  assert.equal(topLabel(scores), topLabel(expected), path);
  return scores;
}

function topLabel(scores: Scores): string | undefined {
  return Object.entries(scores).sort(([, a], [, b]) => b - a)[0]?.[0];
}
