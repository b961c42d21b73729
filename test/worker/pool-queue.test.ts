import assert from "node:assert/strict";
import { test } from "node:test";
import { AppError } from "../../src/errors.ts";
import type { JobEvent } from "../../src/worker/pool.ts";
import { createGate, script, startScriptedPool, until, withCode } from "../support/scripted-pool.ts";

const noHold = { hold: false };

test("200 jobs over 2 workers are each answered with their own result", async (t) => {
  const pool = await startScriptedPool(t, { workers: 2, maxQueue: 200 });
  const numbers = Array.from({ length: 200 }, (_, index) => index + 1);
  const images = await Promise.all(numbers.map((n) => pool.fingerprint(script(`number ${n}`), noHold)));
  assert.deepEqual(
    images.map((image) => image.report.width),
    numbers,
  );
});

test("jobs run in the order they came", async (t) => {
  const pool = await startScriptedPool(t);
  const order: number[] = [];
  const numbers = Array.from({ length: 20 }, (_, index) => index + 1);
  await Promise.all(
    numbers.map(async (n) => {
      const image = await pool.fingerprint(script(`number ${n}`), noHold);
      order.push(image.report.width);
    }),
  );
  assert.deepEqual(order, numbers);
});

test("a job beyond the queue's length is refused at once, with the seconds to wait, and the others go on", async (t) => {
  const pool = await startScriptedPool(t, { maxQueue: 2 });
  const gate = await createGate(t);
  const accepted = [gate.command, "number 1", "number 1"].map((text) => pool.fingerprint(script(text), noHold));
  await assert.rejects(pool.fingerprint(script("number 2"), noHold), (error) => {
    assert.ok(error instanceof AppError);
    assert.equal(error.code, "overloaded");
    assert.ok(Number.isInteger(error.facts.retryAfterSeconds) && (error.facts.retryAfterSeconds ?? 0) >= 1);
    return true;
  });
  assert.equal(pool.stats().queued, 2);
  await gate.open();
  for (const image of await Promise.all(accepted)) assert.equal(image.report.width, 1);
});

test("images that wait are bounded by the sum of their bytes", async (t) => {
  const pool = await startScriptedPool(t, { maxQueuedBytes: 20 });
  const gate = await createGate(t);
  const running = pool.fingerprint(script(gate.command), noHold);
  const waiting = pool.fingerprint(script("number 00000012"), noHold);
  assert.equal(pool.stats().queuedBytes, 15);
  await assert.rejects(pool.fingerprint(script("number 3"), noHold), withCode("overloaded"));
  await gate.open();
  await Promise.all([running, waiting]);
  assert.equal(pool.stats().queuedBytes, 0);
});

test("an image that waits too long is refused and leaves the queue", async (t) => {
  const pool = await startScriptedPool(t, { maxWaitMs: 50 });
  const gate = await createGate(t);
  const running = pool.fingerprint(script(gate.command), noHold);
  await assert.rejects(pool.fingerprint(script("number 1"), noHold), withCode("overloaded"));
  assert.equal(pool.stats().queued, 0);
  await gate.open();
  await running;
});

test("an image over the size limit is refused before it is queued", async (t) => {
  const pool = await startScriptedPool(t, { maxImageBytes: 10 });
  await assert.rejects(pool.fingerprint(new Uint8Array(11), noHold), withCode("image_too_many_bytes"));
});

test("what the worker finds wrong with an image reaches the caller, and the worker stays", async (t) => {
  const pool = await startScriptedPool(t);
  const [pid] = pool.stats().pids;
  await assert.rejects(pool.fingerprint(script("unreadable"), noHold), (error) => {
    assert.ok(error instanceof AppError);
    assert.equal(error.code, "image_unreadable");
    assert.equal(error.message, "Expected image to be an image");
    assert.equal(error.facts.field, "image");
    return true;
  });
  const next = await pool.fingerprint(script("number 5"), noHold);
  assert.equal(next.report.height, pid);
});

test("the text of an unknown error stays in the worker", async (t) => {
  const pool = await startScriptedPool(t);
  await assert.rejects(pool.fingerprint(script("leak /etc/secret"), noHold), (error) => {
    assert.ok(error instanceof AppError);
    assert.equal(error.code, "internal");
    assert.doesNotMatch(error.message, /secret/);
    return true;
  });
});

test("the hooks hear of every job with its outcome", async (t) => {
  const events: JobEvent[] = [];
  const pool = await startScriptedPool(t, { hooks: { onJob: (event) => events.push(event) } });
  const image = await pool.fingerprint(script("number 1"), { hold: true });
  await image.classify();
  await assert.rejects(pool.fingerprint(script("unreadable"), noHold));
  assert.deepEqual(
    events.map(({ type, outcome }) => `${type} ${outcome}`),
    ["fingerprint ok", "classify ok", "fingerprint image_unreadable"],
  );
});

test("the gauges tell what is busy, queued and ready", async (t) => {
  const pool = await startScriptedPool(t);
  const gate = await createGate(t);
  const jobs = [gate.command, "number 1"].map((text) => pool.fingerprint(script(text), noHold));
  const { busy, queued, ready, pids } = pool.stats();
  assert.deepEqual({ busy, queued, ready, pids: pids.length }, { busy: 1, queued: 1, ready: 1, pids: 1 });
  await gate.open();
  await Promise.all(jobs);
  await until(() => pool.stats().busy === 0);
});
