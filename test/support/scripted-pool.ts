import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { setTimeout } from "node:timers/promises";
import { AppError, type ErrorCode } from "../../src/errors.ts";
import { createWorkerPool, type WorkerPool, type WorkerPoolOptions } from "../../src/worker/pool.ts";
import { compiledProcess } from "./compiled-tests.ts";

const SCRIPT = compiledProcess("worker-script");
const GIVE_UP_MS = 30_000;

export const silentLogger = { debug() {}, info() {}, warn() {}, error() {} };

/** A pool of one worker (or as many as `options` say) that runs test/support/processes/worker-script.ts, closed with the test. */
export async function startScriptedPool(t: TestContext, options: Partial<WorkerPoolOptions> = {}): Promise<WorkerPool> {
  const pool = createWorkerPool({
    modelPath: "stub",
    logger: silentLogger,
    workers: 1,
    drainMs: 0,
    // A busy machine takes seconds to start a worker.
    deadlineMs: 60_000,
    maxWaitMs: 30_000,
    workerScript: SCRIPT,
    ...options,
  });
  t.after(() => pool.close());
  await pool.ready();
  return pool;
}

/** The bytes that make the scripted worker do `text`. */
export function script(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** A place where a scripted job waits until the test opens it. */
export interface Gate {
  /** What to put into `script`. */
  readonly command: string;
  /** Resolves with the worker's process id once a job waits here. */
  reached(): Promise<number>;
  open(): Promise<void>;
}

export async function createGate(t: TestContext): Promise<Gate> {
  const folder = await mkdtemp(join(tmpdir(), "lookalike-gate-"));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const path = join(folder, "gate");
  return {
    command: `gate ${path}`,
    async reached() {
      await until(() => existsSync(`${path}.reached`) && readFileSync(`${path}.reached`).length > 0);
      return Number(readFileSync(`${path}.reached`, "utf8"));
    },
    open: () => writeFile(`${path}.open`, ""),
  };
}

/** Wait for something only another process can bring about. */
export async function until(condition: () => boolean): Promise<void> {
  const giveUp = performance.now() + GIVE_UP_MS;
  while (!condition()) {
    assert.ok(performance.now() < giveUp, "waited in vain");
    await setTimeout(5);
  }
}

/** False also for a process that has died and was not reaped by its parent. */
export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  const stat = existsSync("/proc/self/stat") ? readStat(pid) : "";
  return stat !== null && !/\) Z /.test(stat);
}

function readStat(pid: number): string | null {
  try {
    return readFileSync(`/proc/${pid}/stat`, "latin1");
  } catch {
    return null;
  }
}

/** What to give assert.rejects for an AppError of this code. */
export function withCode(code: ErrorCode): (error: unknown) => true {
  return (error) => {
    assert.ok(error instanceof AppError, String(error));
    assert.equal(error.code, code, error.message);
    return true;
  };
}
