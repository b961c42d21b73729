import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import sharp, { type Sharp } from "sharp";
import { type Classifier, loadClassifier } from "../../src/classifier/onnx-classifier.ts";
import { fingerprintPixels } from "../../src/fingerprint/fingerprint-image.ts";
import { decodeForHashes, decodeFull } from "../../src/image/decode-image.ts";
import { createWorkerPool, type HeldImage, type WorkerPool } from "../../src/worker/pool.ts";
import { WORKER_ENVIRONMENT } from "../../src/worker/worker-command.ts";
import { silentLogger, until, withCode } from "../support/scripted-pool.ts";

const MODEL = fileURLToPath(new URL("../../models/nsfw-mobilenet-v2.onnx", import.meta.url));
const SECRETS = { DATABASE_URL: "postgres://secret", ADMIN_KEY: "a-secret-of-24-characters" };
/** A busy machine takes seconds to start a worker. */
const PATIENT = { deadlineMs: 60_000, maxWaitMs: 30_000 };

let pool: WorkerPool;
let classifier: Classifier;

before(async () => {
  Object.assign(process.env, SECRETS);
  pool = createWorkerPool({ modelPath: MODEL, workers: 1, logger: silentLogger, ...PATIENT });
  [classifier] = await Promise.all([loadClassifier(MODEL), pool.ready()]);
});

after(async () => {
  await Promise.all([pool.close(), classifier.close()]);
});

/** A picture with detail at every scale, the same for the same `seed`. */
function picture(width: number, height: number, seed: number): Sharp {
  const data = Buffer.alloc(width * height * 3);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const wave = Math.sin((x * seed) / 40) + Math.cos((y * (seed + 2)) / 60) + Math.sin((x + y) / 7);
      for (let c = 0; c < 3; c++) data[(y * width + x) * 3 + c] = 128 + 40 * wave * Math.cos(c + seed);
    }
  }
  return sharp(data, { raw: { width, height, channels: 3 } });
}

/** What the worker should find, computed in this process. */
async function expected(image: Uint8Array) {
  const { pixels, width, height, format, frames } = await decodeForHashes(image);
  const report = { ...fingerprintPixels(pixels), width, height, format, frames };
  const classified = await classifier.classify(classifier.prepare(await decodeFull(image)));
  return { report, classified };
}

const small = () => picture(640, 480, 3).png().toBuffer();
const large = () => picture(3000, 2000, 5).jpeg({ quality: 90 }).toBuffer();
const pictures = [
  { name: "a PNG", image: small },
  { name: "a large JPEG", image: large },
];

for (const { name, image } of pictures) {
  test(`${name}: hashes and scores are those of the same code in this process`, async () => {
    const bytes = await image();
    const want = await expected(bytes);
    const held = await pool.fingerprint(bytes, { hold: true });
    assert.deepEqual(held.report, want.report);
    assert.deepEqual(await held.classify(), want.classified);
    assert.deepEqual(Object.keys(want.classified.scores), [...pool.model.labels]);
  });

  test(`${name}: the scores are the same when the worker died before the classify`, async () => {
    const bytes = await image();
    const held = await pool.fingerprint(bytes, { hold: true });
    const [pid = 0] = pool.stats().pids;
    const { crashed } = pool.stats().restarts;
    process.kill(pid, "SIGKILL");
    await until(() => pool.stats().restarts.crashed === crashed + 1);
    assert.deepEqual(await held.classify(), (await expected(bytes)).classified);
  });
}

test("the pool names the model as the classifier does", () => {
  assert.deepEqual(pool.model, {
    id: classifier.model,
    name: classifier.name,
    version: classifier.version,
    neuralVersion: classifier.neuralVersion,
    labels: classifier.labels,
    unsafeLabels: classifier.unsafeLabels,
    suggestiveLabels: classifier.suggestiveLabels,
  });
});

test("50 different pictures at once are each answered with their own hashes", async () => {
  const seeds = Array.from({ length: 50 }, (_, index) => index + 1);
  const images = await Promise.all(seeds.map((seed) => picture(120, 90, seed).png().toBuffer()));
  const many = createWorkerPool({ modelPath: MODEL, workers: 2, maxQueue: 50, logger: silentLogger, ...PATIENT });
  try {
    const held = await Promise.all(images.map((image) => many.fingerprint(image, { hold: false })));
    const want = await Promise.all(images.map(decodeForHashes));
    assert.deepEqual(
      held.map(({ report }: HeldImage) => report.pdq),
      want.map(({ pixels }) => fingerprintPixels(pixels).pdq),
    );
  } finally {
    await many.close();
  }
});

test("bytes that are no image are refused and cost no worker", async () => {
  const { pids } = pool.stats();
  const truncated = (await small()).subarray(0, 3_000);
  const garbage = Buffer.from(Array.from({ length: 5_000 }, (_, index) => (index * 7919) % 256));
  await assert.rejects(pool.fingerprint(garbage, { hold: true }), withCode("image_unreadable"));
  await assert.rejects(pool.fingerprint(truncated, { hold: true }), withCode("image_truncated"));
  assert.equal((await pool.fingerprint(await small(), { hold: false })).report.width, 640);
  assert.deepEqual(pool.stats().pids, pids);
});

test("the largest pictures in a row stay under the memory cap: one's pixels are gone before the next", async () => {
  const image = await sharp({ create: { width: 7300, height: 5400, channels: 3, background: "#336699" } })
    .gif({ effort: 1 })
    .toBuffer();
  const watched = createWorkerPool({ modelPath: MODEL, workers: 1, memoryPollMs: 5, logger: silentLogger, ...PATIENT });
  try {
    for (let n = 0; n < 4; n++) await (await watched.fingerprint(image, { hold: true })).classify();
    assert.equal(watched.stats().restarts.memory, 0);
  } finally {
    await watched.close();
  }
});

const noProc = existsSync("/proc/self/environ") ? false : "this system has no /proc";
test("the environment of a worker holds none of the service's", { skip: noProc }, () => {
  const [pid = 0] = pool.stats().pids;
  const environment = readFileSync(`/proc/${pid}/environ`, "utf8").split("\0").filter(Boolean).sort();
  const given = Object.entries(WORKER_ENVIRONMENT).map(([name, value]) => `${name}=${value}`);
  assert.deepEqual(environment, given.sort());
});
