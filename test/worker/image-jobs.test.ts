import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import sharp from "sharp";
import { type Classifier, loadClassifier } from "../../src/classifier/onnx-classifier.ts";
import type { Pixels } from "../../src/fingerprint/fingerprint.ts";
import { createImageJobs, type Decoder } from "../../src/worker/image-jobs.ts";

const MODEL = fileURLToPath(new URL("../../models/nsfw-mobilenet-v2.onnx", import.meta.url));
const TENSOR_BYTES = 224 * 224 * 3 * 4;
const image = new Uint8Array(1_000);

let classifier: Classifier;
before(async () => {
  classifier = await loadClassifier(MODEL);
});
after(() => classifier.close());

async function noise(width: number, height: number): Promise<Pixels> {
  const data = await sharp({
    create: { width, height, channels: 3, background: "#808080", noise: { type: "gaussian", mean: 128, sigma: 40 } },
  })
    .raw()
    .toBuffer();
  return { data, width, height };
}

/** Says what is asked of it, and gives these pixels. */
function countingDecoder(shrunk: boolean, hashed: Pixels, full: Pixels): Decoder & { readonly calls: string[] } {
  const calls: string[] = [];
  return {
    calls,
    async decodeForHashes() {
      calls.push("for hashes");
      return { format: "jpeg", width: full.width, height: full.height, frames: 1, pixels: hashed, shrunk };
    },
    async decodeFull() {
      calls.push("full");
      return full;
    },
  };
}

test("pixels decoded at full size serve the classifier too: one decode", async () => {
  const full = await noise(400, 300);
  const decoder = countingDecoder(false, full, full);
  const jobs = createImageJobs(classifier, decoder);
  assert.equal((await jobs.fingerprint(1, image, true)).heldBytes, TENSOR_BYTES);
  assert.deepEqual(await jobs.classify(1, null), await classifier.classify(classifier.prepare(full)));
  assert.deepEqual(decoder.calls, ["for hashes"]);
});

test("after a shrunk decode the classifier gets a second one at full size, and only if it is asked", async () => {
  const full = await noise(400, 300);
  const decoder = countingDecoder(true, await noise(100, 75), full);
  const jobs = createImageJobs(classifier, decoder);
  assert.equal((await jobs.fingerprint(1, image, true)).heldBytes, image.byteLength);
  assert.deepEqual(decoder.calls, ["for hashes"]);
  assert.deepEqual(await jobs.classify(1, null), await classifier.classify(classifier.prepare(full)));
  assert.deepEqual(decoder.calls, ["for hashes", "full"]);
});

test("nothing is held without hold, after release, or after classify", async () => {
  const full = await noise(400, 300);
  const jobs = createImageJobs(classifier, countingDecoder(false, full, full));
  assert.equal((await jobs.fingerprint(1, image, false)).heldBytes, 0);
  await assert.rejects(jobs.classify(1, null), /job 1 to be held/);
  await jobs.fingerprint(2, image, true);
  jobs.release(2);
  await assert.rejects(jobs.classify(2, null), /job 2 to be held/);
  await jobs.fingerprint(3, image, true);
  await jobs.classify(3, null);
  await assert.rejects(jobs.classify(3, null), /job 3 to be held/);
});
