import assert from "node:assert/strict";
import { test } from "node:test";
import type { JobEvent } from "../../src/worker/pool.ts";
import { workerCommand } from "../../src/worker/worker-command.ts";
import { createGate, script, startScriptedPool, until, withCode } from "../support/scripted-pool.ts";

const hold = { hold: true };
const noHold = { hold: false };
const MEBIBYTE = 1024 * 1024;

test("what an image waited is taken off the time its decoder has, down to a quarter", async (t) => {
  const ended: JobEvent[] = [];
  const hooks = { onJob: (event: JobEvent) => ended.push(event) };
  const pool = await startScriptedPool(t, { deadlineMs: 2_000, maxWaitMs: 60_000, hooks });
  const gate = await createGate(t);
  const startMs = performance.now();
  const running = pool.fingerprint(script(gate.command), noHold);
  const waiting = pool.fingerprint(script("gate never"), noHold);
  const refused = assert.rejects(waiting, withCode("image_too_slow"));
  await gate.reached();
  await until(() => performance.now() - startMs >= 1_000);
  await gate.open();
  await Promise.all([running, refused]);
  const { waitMs = 0, runMs = 0 } = ended[1] ?? {};
  assert.ok(waitMs >= 900, `waited ${waitMs} ms`);
  assert.ok(runMs < 2_000, `ran ${runMs} ms: as if it had just come`);
});

test("an image that would have less than a quarter of the deadline left is refused while it waits", async (t) => {
  const pool = await startScriptedPool(t, { deadlineMs: 1_000, maxWaitMs: 60_000 });
  const running = pool.fingerprint(script("gate never"), noHold);
  const waiting = pool.fingerprint(script("number 1"), noHold);
  await Promise.all([
    assert.rejects(running, withCode("image_too_slow")),
    assert.rejects(waiting, withCode("overloaded")),
  ]);
  assert.equal(pool.stats().queued, 0);
});

test("a classify doesn't wait long for the worker that holds its image while another one is free", async (t) => {
  const pool = await startScriptedPool(t, { workers: 2 });
  await until(() => pool.stats().ready === 2);
  const image = await pool.fingerprint(script("number 1"), hold);
  const gate = await createGate(t);
  const blockers = [pool.fingerprint(script(gate.command), noHold)];
  // Until the holder itself is the one that is kept busy.
  const busy = await gate.reached();
  const second = await createGate(t);
  if (busy !== image.report.height) {
    blockers.push(pool.fingerprint(script(second.command), noHold));
    await second.reached();
    await gate.open();
    await blockers[0];
  }
  assert.deepEqual((await image.classify()).scores, { held: 0, score: 1 });
  await Promise.all([gate.open(), second.open()]);
  await Promise.all(blockers);
});

const onLinux = process.platform === "linux" ? false : "1 case skipped: limits of the kernel are set on Linux alone";
test("the kernel gives a worker no more than 512 MiB beyond its cap, whoever looks", { skip: onLinux }, async (t) => {
  // Nobody looks at its memory.
  const pool = await startScriptedPool(t, { maxResidentBytes: 64 * MEBIBYTE, memoryPollMs: 600_000 });
  await assert.rejects(pool.fingerprint(script("grow 2000"), noHold), withCode("image_crashed_decoder"));
  await until(() => pool.stats().ready === 1);
  assert.equal((await pool.fingerprint(script("number 1"), noHold)).report.width, 1);
});

test("a worker that crashes leaves no picture of its memory on disk", { skip: onLinux }, () => {
  const options = { modelPath: "/model.onnx", maxImageBytes: 1, reportMemory: false };
  const [shell, , commands] = workerCommand(new URL("file:///worker.js"), options, [], 512 * MEBIBYTE);
  assert.equal(shell, "/bin/sh");
  assert.match(commands ?? "", /^ulimit -c 0; ulimit -d 1048576 /);
});
