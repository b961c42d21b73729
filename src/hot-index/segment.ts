import { bufferOf, type KernelMemory } from "./kernel/kernel.ts";
import type { Rows } from "./segment-draft.ts";
import { layOutSegment } from "./segment-layout.ts";

/** An immutable segment as it goes from thread to thread. Its rows are sorted by owner, each owner once. */
export interface SegmentShape {
  readonly id: number;
  readonly rows: number;
  readonly capacity: number;
  /** Whether it has chunk tables; else it can only be read as a whole. */
  readonly chunked: boolean;
  /** Memory in use. */
  readonly bytes: number;
  readonly memory: KernelMemory;
}

export function segmentRows(shape: SegmentShape, searchers: number): Rows {
  const { owners, prefixes, rests } = layOutSegment(shape.capacity, searchers);
  const buffer = bufferOf(shape.memory);
  return {
    count: shape.rows,
    owners: new Float64Array(buffer, owners, shape.rows),
    prefixes: new Uint32Array(buffer, prefixes, shape.rows * 4),
    rests: new Uint32Array(buffer, rests, shape.rows * 4),
  };
}

/** The owner's row, or -1. */
export function rowOf(owners: Float64Array, owner: number): number {
  let from = 0;
  let to = owners.length;
  while (from < to) {
    const middle = (from + to) >>> 1;
    if ((owners[middle] as number) < owner) from = middle + 1;
    else to = middle;
  }
  return owners[from] === owner ? from : -1;
}
