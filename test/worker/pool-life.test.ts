import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { createWorkerPool } from "../../src/worker/pool.ts";
import { compiledProcess } from "../support/compiled-tests.ts";
import {
  createGate,
  isRunning,
  script,
  silentLogger,
  startScriptedPool,
  until,
  withCode,
} from "../support/scripted-pool.ts";

const SCRIPT = compiledProcess("worker-script");
const hold = { hold: true };
const noHold = { hold: false };

function startFailingPool(modelPath: string) {
  return createWorkerPool({ modelPath, workers: 2, logger: silentLogger, workerScript: SCRIPT });
}

test("a worker that says why it can't start fails ready with that reason, and the jobs that wait", async () => {
  const pool = startFailingPool("refuse");
  const job = pool.fingerprint(script("number 1"), noHold);
  await assert.rejects(pool.ready(), /can't start: Expected a model at refuse/);
  await assert.rejects(job, withCode("internal"));
  await assert.rejects(pool.fingerprint(script("number 1"), noHold), withCode("internal"));
  await pool.close();
  assert.ok(pool.stats().restarts.start >= 1);
});

test("workers that die without a word at their start are tried three times, then ready fails", async () => {
  const pool = startFailingPool("exit");
  await assert.rejects(pool.ready(), /can't start: exit code 7/);
  assert.equal(pool.stats().restarts.start, 3);
  await pool.close();
});

test("the pool knows the model once it is ready, and not before", async (t) => {
  const pool = createWorkerPool({ modelPath: "stub", workers: 1, logger: silentLogger, workerScript: SCRIPT });
  t.after(() => pool.close());
  assert.throws(() => pool.model, /ready/);
  await pool.ready();
  assert.deepEqual(pool.model, {
    id: "stub@1",
    name: "stub",
    version: "1",
    neuralVersion: null,
    labels: ["held"],
    unsafeLabels: [],
    suggestiveLabels: [],
  });
});

test("a replacement that loads another model than the pool's is not used", async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "lookalike-model-"));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const modelPath = join(folder, "model");
  const pool = await startScriptedPool(t, { modelPath, workers: 2 });
  await until(() => pool.stats().ready === 2);
  await writeFile(modelPath, "");
  process.kill(pool.stats().pids[0] ?? 0, "SIGKILL");
  await until(() => pool.stats().restarts.start >= 1);
  assert.equal(pool.model.id, "stub@1");
  assert.equal(pool.stats().ready, 1);
  assert.equal((await pool.fingerprint(script("number 1"), noHold)).report.width, 1);
});

test("a worker is replaced after its share of jobs without failing one, and its replacement is there first", async (t) => {
  const pool = await startScriptedPool(t, { maxJobsPerWorker: 5 });
  const pids = new Set<number>();
  for (let n = 1; pool.stats().restarts.recycled < 3; n++) {
    assert.ok(pool.stats().ready >= 1);
    const image = await pool.fingerprint(script(`number ${n}`), noHold);
    assert.equal(image.report.width, n);
    pids.add(image.report.height);
  }
  assert.ok(pids.size >= 3);
  const { restarts } = pool.stats();
  assert.deepEqual(restarts, { crashed: 0, deadline: 0, memory: 0, protocol: 0, recycled: 3, start: 0 });
});

test("a worker that is being replaced still classifies the images it holds", async (t) => {
  const pool = await startScriptedPool(t, { maxJobsPerWorker: 1 });
  const [first = 0] = pool.stats().pids;
  const image = await pool.fingerprint(script("number 1"), hold);
  await until(() => pool.stats().ready === 2);
  assert.deepEqual((await image.classify()).scores, { held: 1, score: 1 });
  await until(() => !isRunning(first));
  assert.equal(pool.stats().restarts.recycled, 1);
});

test("close lets running and waiting jobs finish, refuses new ones, and leaves no process", async (t) => {
  const pool = await startScriptedPool(t, { drainMs: 60_000 });
  const gate = await createGate(t);
  const { pids } = pool.stats();
  const running = pool.fingerprint(script(gate.command), noHold);
  const waiting = pool.fingerprint(script("number 2"), noHold);
  const closed = pool.close();
  await assert.rejects(pool.fingerprint(script("number 3"), noHold), withCode("shutting_down"));
  await gate.open();
  assert.equal((await running).report.width, 1);
  assert.equal((await waiting).report.width, 2);
  await closed;
  assert.deepEqual(pids.filter(isRunning), []);
});

test("close cuts off what has not finished when the drain time is over", async (t) => {
  const pool = await startScriptedPool(t, { drainMs: 1 });
  const gate = await createGate(t);
  const jobs = [gate.command, "number 1"].map((text) => pool.fingerprint(script(text), noHold));
  const pid = await gate.reached();
  const refusals = jobs.map((job) => assert.rejects(job, withCode("shutting_down")));
  await pool.close();
  await Promise.all(refusals);
  assert.ok(!isRunning(pid));
});

test("close before the first worker is ready fails ready", async () => {
  const pool = createWorkerPool({ modelPath: "stub", workers: 1, logger: silentLogger, workerScript: SCRIPT });
  await Promise.all([assert.rejects(pool.ready(), /closed before it was ready/), pool.close()]);
});

test("a held image can't be classified after close", async (t) => {
  const pool = await startScriptedPool(t);
  const image = await pool.fingerprint(script("number 1"), hold);
  await pool.close();
  await assert.rejects(image.classify(), withCode("shutting_down"));
});
