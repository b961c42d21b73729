import assert from "node:assert/strict";
import { test } from "node:test";
import { createGate, script, startScriptedPool, until, withCode } from "../support/scripted-pool.ts";

const hold = { hold: true };
const noHold = { hold: false };

test("a held image is classified by the worker that holds it, from what it kept", async (t) => {
  const pool = await startScriptedPool(t, { workers: 2 });
  const images = await Promise.all([1, 2, 3, 4].map((n) => pool.fingerprint(script(`number ${n}`), hold)));
  for (const image of images) assert.deepEqual((await image.classify()).scores, { held: 1, score: 1 });
  assert.equal(pool.stats().held, 0);
});

test("a classify goes ahead of the fingerprints that wait", async (t) => {
  const pool = await startScriptedPool(t);
  const gate = await createGate(t);
  const image = await pool.fingerprint(script("number 1"), hold);
  const order: string[] = [];
  const running = pool.fingerprint(script(gate.command), noHold);
  const fingerprint = pool.fingerprint(script("number 2"), noHold).then(() => order.push("fingerprint"));
  const classify = image.classify().then(() => order.push("classify"));
  await gate.open();
  await Promise.all([running, fingerprint, classify]);
  assert.deepEqual(order, ["classify", "fingerprint"]);
});

test("classify twice is one run", async (t) => {
  const events: string[] = [];
  const pool = await startScriptedPool(t, { hooks: { onJob: (event) => events.push(event.type) } });
  const image = await pool.fingerprint(script("number 1"), hold);
  assert.equal(await image.classify(), await image.classify());
  assert.deepEqual(events, ["fingerprint", "classify"]);
});

test("release frees the image, does nothing twice, and refuses a later classify", async (t) => {
  const pool = await startScriptedPool(t);
  const image = await pool.fingerprint(script("number 1"), hold);
  assert.equal(pool.stats().held, 1);
  image.release();
  image.release();
  assert.equal(pool.stats().held, 0);
  await assert.rejects(image.classify(), /before release/);
});

test("without hold nothing is kept and classify is refused", async (t) => {
  const pool = await startScriptedPool(t);
  const image = await pool.fingerprint(script("number 1"), noHold);
  assert.equal(pool.stats().held, 0);
  await assert.rejects(image.classify(), /hold: true/);
  image.release();
});

test("an image whose worker died is classified by another one from its bytes", async (t) => {
  const pool = await startScriptedPool(t);
  const image = await pool.fingerprint(script("number 1"), hold);
  process.kill(image.report.height, "SIGKILL");
  await until(() => pool.stats().restarts.crashed === 1);
  assert.deepEqual((await image.classify()).scores, { held: 0, score: 1 });
});

test("a classify that waits for a worker moves to another one when that worker dies", async (t) => {
  const pool = await startScriptedPool(t);
  const gate = await createGate(t);
  const image = await pool.fingerprint(script("number 1"), hold);
  const lost = pool.fingerprint(script(gate.command), noHold);
  const scores = image.classify();
  process.kill(await gate.reached(), "SIGKILL");
  await assert.rejects(lost, withCode("image_crashed_decoder"));
  assert.deepEqual((await scores).scores, { held: 0, score: 1 });
});

test("a classify that crashes its worker fails, and is not tried on another one", async (t) => {
  const pool = await startScriptedPool(t);
  const image = await pool.fingerprint(script("number 1|abort"), hold);
  await assert.rejects(image.classify(), withCode("image_crashed_decoder"));
  assert.equal((await pool.fingerprint(script("number 2"), noHold)).report.width, 2);
  assert.equal(pool.stats().restarts.crashed, 1);
});

test("a hold that has timed out frees the worker's memory, and classify decodes the bytes again", async (t) => {
  const pool = await startScriptedPool(t, { holdMs: 1 });
  const image = await pool.fingerprint(script("number 1"), hold);
  await until(() => pool.stats().held === 0);
  assert.deepEqual((await image.classify()).scores, { held: 0, score: 1 });
});

const bounds = [
  { name: "number", options: { maxHeldPerWorker: 2 } },
  { name: "memory", options: { maxHeldBytesPerWorker: 2_500 } },
];
for (const { name, options } of bounds) {
  test(`held images are bounded in ${name}; the oldest goes and can still be classified`, async (t) => {
    const pool = await startScriptedPool(t, options);
    const images = [];
    for (const n of [1, 2, 3]) images.push(await pool.fingerprint(script(`number ${n}`), hold));
    assert.equal(pool.stats().held, 2);
    const classified = await Promise.all(images.map((image) => image.classify()));
    assert.deepEqual(
      classified.map(({ scores }) => scores.held),
      [0, 1, 1],
    );
  });
}
