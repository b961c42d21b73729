import { parentPort, workerData } from "node:worker_threads";
import type { WasmMemory } from "../../src/hot-index/kernel/web-assembly.ts";
import { drawRows } from "./draw-rows.ts";
import { HASH_BITS, HASH_BYTES } from "./index-order.ts";
import { instantiateDraw, instantiateScan, SCRATCH_BYTES } from "./kernels.ts";
import type { RowKind } from "./row-kind.ts";

export interface RowThreadData {
  readonly memory: WasmMemory;
  /** Compiled modules. */
  readonly scan: object;
  readonly draw: object;
  readonly rowsAt: number;
  /** 16 MiB of the memory that no other thread writes. */
  readonly scratchAt: number;
}

export type RowTask =
  | {
      readonly task: "generate";
      readonly kind: RowKind;
      readonly seed: number;
      readonly count: number;
      /** The thread draws every `threads`-th block, from its own number on. */
      readonly thread: number;
      readonly threads: number;
    }
  | {
      readonly task: "tally";
      readonly checks: readonly { readonly hashes: readonly Uint8Array[]; readonly threshold: number }[];
      readonly from: number;
      readonly to: number;
    };

/** Rows that stay in the processor's cache while all checks are made against them. */
const TALLY_ROWS = 8192;
const COUNTS_BYTES = 4 * (HASH_BITS + 1);

const { memory, scan, draw, rowsAt, scratchAt } = workerData as RowThreadData;
const kernel = instantiateScan(scan, memory);
const drawing = instantiateDraw(draw);

parentPort?.on("message", (task: RowTask) => {
  parentPort?.postMessage(task.task === "generate" ? generate(task) : tally(task));
});

function generate({ kind, seed, count, thread, threads }: Extract<RowTask, { task: "generate" }>): void {
  const rows = new Uint8Array(memory.buffer, rowsAt, count * HASH_BYTES);
  drawRows(drawing, { kind, seed, thread, threads }, rows);
}

function tally({ checks, from, to }: Extract<RowTask, { task: "tally" }>): Uint32Array[] {
  const bytes = new Uint8Array(memory.buffer);
  bytes.fill(0, scratchAt, scratchAt + SCRATCH_BYTES);
  let at = scratchAt;
  const placed = checks.map(({ hashes, threshold }) => {
    const hashesAt = at;
    hashes.forEach((hash, place) => {
      bytes.set(hash, hashesAt + place * HASH_BYTES);
    });
    const countsAt = hashesAt + hashes.length * HASH_BYTES;
    at = Math.ceil((countsAt + COUNTS_BYTES) / 8) * 8;
    return { hashesAt, count: hashes.length, threshold, countsAt };
  });
  if (at > scratchAt + SCRATCH_BYTES) throw new RangeError(`Expected fewer checks than ${checks.length} at a time`);
  for (let row = from; row < to; row += TALLY_ROWS) {
    const end = Math.min(to, row + TALLY_ROWS);
    for (const { hashesAt, count, threshold, countsAt } of placed) {
      kernel.tally(rowsAt, row, end, hashesAt, count, threshold, countsAt);
    }
  }
  return placed.map(({ countsAt }) => new Uint32Array(memory.buffer, countsAt, HASH_BITS + 1).slice());
}
