import assert from "node:assert/strict";
import { test } from "node:test";
import { readResidentBytes } from "../../src/worker/resident-memory.ts";
import { createGate, isRunning, script, startScriptedPool, until, withCode } from "../support/scripted-pool.ts";

const noHold = { hold: false };
const MEBIBYTE = 1024 * 1024;

test("a worker killed while it works fails its own job only; those that wait go on in its replacement", async (t) => {
  const pool = await startScriptedPool(t);
  const gate = await createGate(t);
  const lost = pool.fingerprint(script(gate.command), noHold);
  const waiting = [1, 2, 3].map((n) => pool.fingerprint(script(`number ${n}`), noHold));
  const pid = await gate.reached();
  process.kill(pid, "SIGKILL");
  await assert.rejects(lost, withCode("image_crashed_decoder"));
  for (const [index, image] of (await Promise.all(waiting)).entries()) {
    assert.equal(image.report.width, index + 1);
    assert.notEqual(image.report.height, pid);
  }
  assert.equal(pool.stats().restarts.crashed, 1);
});

test("a worker killed while idle costs no request, not even one that is sent to it before its death is known", async (t) => {
  const pool = await startScriptedPool(t);
  const [pid] = pool.stats().pids;
  assert.ok(pid !== undefined);
  process.kill(pid, "SIGKILL");
  const image = await pool.fingerprint(script("number 4"), noHold);
  assert.equal(image.report.width, 4);
  assert.notEqual(image.report.height, pid);
});

for (const command of ["abort", "exit"]) {
  test(`a worker that ends by ${command} fails its own job only`, async (t) => {
    const pool = await startScriptedPool(t);
    const jobs = [command, "number 1"].map((text) => pool.fingerprint(script(text), noHold));
    await assert.rejects(jobs[0] ?? Promise.resolve(), withCode("image_crashed_decoder"));
    assert.equal((await jobs[1])?.report.width, 1);
  });
}

test("a worker that answers outside the protocol is replaced", async (t) => {
  const pool = await startScriptedPool(t);
  const [pid] = pool.stats().pids;
  await assert.rejects(pool.fingerprint(script("lie"), noHold), withCode("image_crashed_decoder"));
  assert.equal(pool.stats().restarts.protocol, 1);
  assert.notEqual((await pool.fingerprint(script("number 1"), noHold)).report.height, pid);
});

for (const command of ["spin", "gate never"]) {
  test(`a job that never ends (${command}) is killed at the deadline, and the next one works`, async (t) => {
    const pool = await startScriptedPool(t, { deadlineMs: 1_000 });
    const [pid = 0] = pool.stats().pids;
    await assert.rejects(pool.fingerprint(script(command), noHold), withCode("image_too_slow"));
    await until(() => pool.stats().ready === 1);
    assert.equal((await pool.fingerprint(script("number 1"), noHold)).report.width, 1);
    assert.equal(pool.stats().restarts.deadline, 1);
    await until(() => !isRunning(pid));
  });
}

const canRead = readResidentBytes(process.pid) !== null;
const ways = [
  { name: "read by the parent", options: {}, skip: canRead ? false : "this system has no /proc" },
  { name: "told by the worker", options: { readResidentBytes: () => null }, skip: false },
];
for (const { name, options, skip } of ways) {
  test(`a job that outgrows the memory cap, ${name}, is killed and the next one works`, { skip }, async (t) => {
    const pool = await startScriptedPool(t, { ...options, maxResidentBytes: 256 * MEBIBYTE, memoryPollMs: 10 });
    const jobs = ["grow 400", "number 1"].map((text) => pool.fingerprint(script(text), noHold));
    await assert.rejects(jobs[0] ?? Promise.resolve(), withCode("image_crashed_decoder"));
    assert.equal((await jobs[1])?.report.width, 1);
    assert.equal(pool.stats().restarts.memory, 1);
  });
}

test("signals to the whole process group don't end a worker", async (t) => {
  const pool = await startScriptedPool(t);
  const [pid = 0] = pool.stats().pids;
  process.kill(pid, "SIGINT");
  process.kill(pid, "SIGTERM");
  assert.equal((await pool.fingerprint(script("number 1"), noHold)).report.height, pid);
});
