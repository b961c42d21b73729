import { HASH_BYTES, PLACES } from "./index-order.ts";
import type { DrawKernel } from "./kernels.ts";
import { hashKindOf, type RowKind } from "./row-kind.ts";

/** Rows drawn from one seed; assembly/draw.ts has room for as many. */
const BLOCK_ROWS = 16_384;

export interface Drawing {
  readonly kind: RowKind;
  readonly seed: number;
  /** Every `threads`-th block from number `thread` on; by default all. */
  readonly thread?: number;
  readonly threads?: number;
}

/** Fills `rows` (32 bytes each) in blocks that each have a seed of their own, so the threads don't matter to the result. */
export function drawRows(kernel: DrawKernel, drawing: Drawing, rows: Uint8Array): void {
  const { kind, seed, thread = 0, threads = 1 } = drawing;
  new Uint8Array(kernel.memory.buffer).set(PLACES[hashKindOf(kind)], kernel.places.value);
  const count = rows.length / HASH_BYTES;
  for (let block = thread; block * BLOCK_ROWS < count; block += threads) {
    const start = block * BLOCK_ROWS;
    const some = Math.min(BLOCK_ROWS, count - start);
    kernel[kind](some, seed, block, kind.length);
    rows.set(new Uint8Array(kernel.memory.buffer, kernel.rows.value, some * HASH_BYTES), start * HASH_BYTES);
  }
}
