import { allocateMemory, bufferOf, type KernelKind, type KernelMemory } from "./kernel/kernel.ts";
import { layOutSegment, type SegmentLayout } from "./segment-layout.ts";

/** Rows as a segment has them: four words of each hash in `prefixes`, four in `rests`. */
export interface Rows {
  readonly count: number;
  readonly owners: Float64Array;
  readonly prefixes: Uint32Array;
  readonly rests: Uint32Array;
}

/** A segment's memory while rows are put in. */
export interface SegmentDraft {
  readonly kind: KernelKind;
  readonly searchers: number;
  readonly memory: KernelMemory;
  readonly layout: SegmentLayout;
  rows(): Rows;
  /** Adds n rows of 32 bytes each, in index order. There must be room. */
  append(owners: Float64Array, bits: Uint8Array, n: number): void;
  /** Adds the rows from..to of others. There must be room. */
  copy(source: Rows, from: number, to: number): void;
}

/** @param capacity rows; pages are taken as they are filled, so a generous one costs nothing */
export function draftSegment(kind: KernelKind, capacity: number, searchers: number): SegmentDraft {
  const layout = layOutSegment(capacity, searchers);
  const memory = allocateMemory(kind, layout.bytes);
  const buffer = bufferOf(memory);
  const owners = new Float64Array(buffer, layout.owners, capacity);
  const prefixes = new Uint32Array(buffer, layout.prefixes, capacity * 4);
  const rests = new Uint32Array(buffer, layout.rests, capacity * 4);
  let count = 0;

  function append(newOwners: Float64Array, bits: Uint8Array, n: number): void {
    const words = wordsOf(bits, n);
    for (let row = 0; row < n; row++) {
      for (let word = 0; word < 4; word++) {
        prefixes[(count + row) * 4 + word] = words[row * 8 + word] as number;
        rests[(count + row) * 4 + word] = words[row * 8 + 4 + word] as number;
      }
    }
    owners.set(newOwners.subarray(0, n), count);
    count += n;
  }

  function copy(source: Rows, from: number, to: number): void {
    owners.set(source.owners.subarray(from, to), count);
    prefixes.set(source.prefixes.subarray(from * 4, to * 4), count * 4);
    rests.set(source.rests.subarray(from * 4, to * 4), count * 4);
    count += to - from;
  }

  return { kind, searchers, memory, layout, rows: () => ({ count, owners, prefixes, rests }), append, copy };
}

/** The eight words of each of n hashes of 32 bytes. */
export function wordsOf(bits: Uint8Array, n: number): Uint32Array {
  const aligned = bits.byteOffset % 4 === 0 ? bits : bits.slice(0, n * 32);
  return new Uint32Array(aligned.buffer, aligned.byteOffset, n * 8);
}
