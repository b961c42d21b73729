import type { KernelKind } from "./kernel/kernel.ts";
import { draftSegment, type Rows, type SegmentDraft, wordsOf } from "./segment-draft.ts";

/** Rows too new for a segment, in no order; searches read them all. Each thread has its own. */
export interface Delta {
  rows(): Rows;
  draft(): SegmentDraft;
  has(owner: number): boolean;
  put(owner: number, bits: Uint8Array): void;
  remove(owner: number): void;
  /** Adds rows that needn't be unique behind the others, for one search; returns how many rows there are now. */
  lend(owners: Float64Array, bits: Uint8Array): number;
}

const CAPACITY_MIN = 1024;

/** @param onGrown called with a new memory, in which the header is not filled in yet */
export function createDelta(kind: KernelKind, onGrown: (draft: SegmentDraft) => void = () => {}): Delta {
  const places = new Map<number, number>();
  let count = 0;
  let draft = draftSegment(kind, CAPACITY_MIN, 1);
  onGrown(draft);

  function makeRoom(rows: number): void {
    if (rows <= draft.layout.capacity) return;
    const larger = draftSegment(kind, Math.max(rows, draft.layout.capacity * 2), 1);
    larger.copy(draft.rows(), 0, count);
    draft = larger;
    onGrown(draft);
  }

  function write(place: number, owner: number, bits: Uint8Array, offset: number): void {
    const { owners, prefixes, rests } = draft.rows();
    const words = wordsOf(bits.subarray(offset, offset + 32), 1);
    owners[place] = owner;
    prefixes.set(words.subarray(0, 4), place * 4);
    rests.set(words.subarray(4), place * 4);
  }

  function put(owner: number, bits: Uint8Array): void {
    const place = places.get(owner) ?? count;
    makeRoom(place + 1);
    write(place, owner, bits, 0);
    if (place === count) places.set(owner, count++);
  }

  function remove(owner: number): void {
    const place = places.get(owner);
    if (place === undefined) return;
    places.delete(owner);
    count--;
    if (place === count) return;
    const { owners, prefixes, rests } = draft.rows();
    const last = owners[count] as number;
    owners[place] = last;
    prefixes.copyWithin(place * 4, count * 4, count * 4 + 4);
    rests.copyWithin(place * 4, count * 4, count * 4 + 4);
    places.set(last, place);
  }

  function lend(owners: Float64Array, bits: Uint8Array): number {
    makeRoom(count + owners.length);
    owners.forEach((owner, index) => {
      write(count + index, owner, bits, index * 32);
    });
    return count + owners.length;
  }

  return {
    rows: () => ({ ...draft.rows(), count }),
    draft: () => draft,
    has: (owner) => places.has(owner),
    put,
    remove,
    lend,
  };
}
