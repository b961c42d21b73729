import { Worker } from "node:worker_threads";
import type { WasmMemory } from "../../src/hot-index/kernel/web-assembly.ts";
import type { Check } from "./checks.ts";
import { compileDraw, compileScan } from "./compile-kernels.ts";
import { HASH_BITS, HASH_BYTES } from "./index-order.ts";
import {
  type DrawKernel,
  instantiateDraw,
  instantiateScan,
  SCRATCH_BYTES,
  type ScanKernel,
  scanMemory,
} from "./kernels.ts";
import type { RowKind } from "./row-kind.ts";
import type { RowTask, RowThreadData } from "./row-thread.ts";

const THREADS = 2;
const ROWS_AT = (THREADS + 1) * SCRATCH_BYTES;

/** Rows of 32 bytes in index order, in memory that all threads share; row i is stored for owner i + 1. */
export interface Corpus {
  readonly rows: Uint8Array;
  readonly count: number;
  /** Where `rows` start in `memory`. */
  readonly rowsAt: number;
  readonly memory: WasmMemory;
  readonly kernel: ScanKernel;
  /** Draws rows in the main thread. */
  readonly drawing: DrawKernel;
  /** Fills the rows anew; the same numbers give the same rows. */
  generate(kind: RowKind, seed: number): Promise<void>;
  /**
   * For each check how many of the rows, or of the first `some` of them, are at each distance, 0 to its threshold, from
   * the nearest of its hashes. Compares each row with each check.
   */
  tally(checks: readonly Check[], some?: number): Promise<Uint32Array[]>;
  close(): Promise<void>;
}

export async function openCorpus(count: number): Promise<Corpus> {
  const memory = scanMemory(ROWS_AT + count * HASH_BYTES);
  const [scan, draw] = [await compileScan(), await compileDraw()];
  const workers = Array.from({ length: THREADS }, (_, thread) => {
    const data: RowThreadData = { memory, scan, draw, rowsAt: ROWS_AT, scratchAt: (thread + 1) * SCRATCH_BYTES };
    return startThread(data);
  });

  async function share<T extends RowTask>(task: (thread: number) => T): Promise<unknown[]> {
    return await Promise.all(workers.map((worker, thread) => ask(worker, task(thread))));
  }

  return {
    rows: new Uint8Array(memory.buffer, ROWS_AT, count * HASH_BYTES),
    count,
    rowsAt: ROWS_AT,
    memory,
    kernel: instantiateScan(scan, memory),
    drawing: instantiateDraw(draw),
    async generate(kind, seed) {
      await share((thread) => ({ task: "generate", kind, seed, count, thread, threads: THREADS }));
    },
    async tally(checks, some = count) {
      const half = Math.ceil(some / THREADS);
      const asked = checks.map(({ hashes, threshold }) => ({ hashes, threshold }));
      const parts = (await share((thread) => ({
        task: "tally",
        checks: asked,
        from: thread * half,
        to: Math.min(some, (thread + 1) * half),
      }))) as Uint32Array[][];
      return checks.map((_, check) => sum(parts.map((part) => part[check] as Uint32Array)));
    },
    async close() {
      await Promise.all(workers.map((worker) => worker.terminate()));
    },
  };
}

function startThread(workerData: RowThreadData): Worker {
  // What loads TypeScript in this thread doesn't do so in its workers.
  const register = `import { register } from ${JSON.stringify(import.meta.resolve("tsx/esm/api"))}; register();`;
  return new Worker(new URL("./row-thread.ts", import.meta.url), {
    workerData,
    execArgv: ["--import", `data:text/javascript,${encodeURIComponent(register)}`],
  });
}

function ask(worker: Worker, task: RowTask): Promise<unknown> {
  return new Promise((resolve, reject) => {
    worker.once("error", reject);
    worker.once("message", (answer) => {
      worker.off("error", reject);
      resolve(answer);
    });
    worker.postMessage(task);
  });
}

function sum(parts: readonly Uint32Array[]): Uint32Array {
  const total = new Uint32Array(HASH_BITS + 1);
  for (const part of parts) {
    part.forEach((rows, distance) => {
      total[distance] = (total[distance] ?? 0) + rows;
    });
  }
  return total;
}
