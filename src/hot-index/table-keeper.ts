import type { PackedChanges } from "./changes.ts";
import { buildBytes } from "./chunk-tables.ts";
import { createDelta, type Delta } from "./delta.ts";
import { freeMemory } from "./free-memory.ts";
import type { KernelKind } from "./kernel/kernel.ts";
import { type MergeSource, mergeRows } from "./merge-rows.ts";
import type { HotTuning } from "./messages.ts";
import { sealSegment } from "./seal-segment.ts";
import { rowOf, type SegmentShape, segmentRows } from "./segment.ts";
import { draftSegment, type Rows, type SegmentDraft } from "./segment-draft.ts";
import { SEGMENT_ROWS_MAX, segmentBytes } from "./segment-layout.ts";
import { countKept } from "./tiers.ts";

/** What a table's keeper needs of the thread that it lives in. */
export interface KeeperPlace {
  readonly kernel: KernelKind;
  readonly searchers: number;
  readonly tuning: HotTuning;
  /** Bytes that the budget leaves beside all segments and drafts there are. */
  room(): number;
  nextId(): number;
}

/** One table's rows and segments, as the keeper's thread has them: it alone makes segments. */
export interface TableKeeper {
  /** False where so many rows don't fit. */
  begin(expectedRows: number): boolean;
  /** False where the rows don't fit any more. */
  add(owners: Float64Array, bits: Uint8Array, n: number): boolean;
  /** Indexes what was added. */
  seal(): void;
  apply(changes: PackedChanges): void;
  isFull(): boolean;
  /** Makes segments of the changes, merging where that pays. False where they don't fit. */
  fold(): boolean;
  clear(): void;
  segments(): readonly SegmentShape[];
  rows(): number;
  bytes(): number;
}

interface KeptSegment extends MergeSource {
  readonly shape: SegmentShape;
  bury(owner: number): void;
  gone(): number;
}

/** A draft's first rows: memory is taken page by page, but addresses of many gigabytes are not free either. */
const DRAFT_ROWS_MIN = 65_536;

export function createTableKeeper(place: KeeperPlace): TableKeeper {
  const { kernel, searchers, tuning } = place;
  let kept: KeptSegment[] = [];
  let delta: Delta = createDelta("javascript");
  let changesSince = 0;
  let draft: SegmentDraft | null = null;

  const draftOf = (rows: number) => draftSegment(kernel, Math.min(rows, SEGMENT_ROWS_MAX), searchers);
  const sealedBytes = (rows: number) => segmentBytes(rows, searchers, rows >= tuning.chunkedFrom);
  /** Memory to make a segment of so many rows, the segment included. */
  const makingBytes = (rows: number) => sealedBytes(rows) + (rows >= tuning.chunkedFrom ? buildBytes(rows) : 0);

  function keep(made: SegmentDraft): void {
    const shape = sealSegment(made, place.nextId(), tuning.chunkedFrom);
    kept.push(keptSegment(shape, searchers));
  }

  function begin(expectedRows: number): boolean {
    clear();
    const rows = Math.max(expectedRows, 0);
    const last = rows % SEGMENT_ROWS_MAX;
    const full = (rows - last) / SEGMENT_ROWS_MAX;
    const bytes = full * sealedBytes(SEGMENT_ROWS_MAX) + sealedBytes(last);
    if (bytes + buildBytes(Math.min(rows, SEGMENT_ROWS_MAX)) > place.room()) return false;
    draft = draftOf(Math.max(DRAFT_ROWS_MIN, Math.ceil(rows * 1.02)));
    return true;
  }

  function add(owners: Float64Array, bits: Uint8Array, n: number): boolean {
    for (let from = 0; from < n; ) {
      if (draft === null) return false;
      const { count } = draft.rows();
      if (count === draft.layout.capacity) {
        if (place.room() < 0) return false;
        draft = enlarge(draft);
        continue;
      }
      const some = Math.min(n - from, draft.layout.capacity - count);
      draft.append(owners.subarray(from, from + some), bits.subarray(from * 32, (from + some) * 32), some);
      from += some;
    }
    return place.room() >= 0;
  }

  function enlarge(small: SegmentDraft): SegmentDraft {
    const { capacity } = small.layout;
    if (capacity === SEGMENT_ROWS_MAX) {
      keep(small);
      return draftOf(capacity);
    }
    const larger = draftOf(capacity * 2);
    larger.copy(small.rows(), 0, capacity);
    freeMemory();
    return larger;
  }

  function seal(): void {
    if (draft !== null && draft.rows().count > 0) keep(draft);
    draft = null;
  }

  function apply(changes: PackedChanges): void {
    changes.owners.forEach((owner, index) => {
      for (const segment of kept) segment.bury(owner);
      if (changes.gone[index] === 1) delta.remove(owner);
      else delta.put(owner, changes.bits.subarray(index * 32, index * 32 + 32));
    });
    changesSince += changes.owners.length;
  }

  function fold(): boolean {
    const newRows = delta.rows().count;
    const sizes = kept.map(({ shape, gone }) => ({ rows: shape.rows, gone: gone() }));
    const rowsFrom = (first: number) => sizes.slice(first).reduce((sum, { rows, gone }) => sum + rows - gone, newRows);
    let first = countKept(sizes, newRows, tuning.tierFactor);
    while (makingBytes(rowsFrom(first)) > place.room()) {
      if (first === kept.length) return false;
      first++;
    }
    const merged = kept.splice(first);
    const rows = rowsFrom(first);
    if (rows > 0) {
      const made = draftSegment(kernel, rows, searchers);
      mergeRows([...merged, sortedDelta()], made);
      keep(made);
    }
    delta = createDelta("javascript");
    changesSince = 0;
    return true;
  }

  function sortedDelta(): MergeSource {
    const rows: Rows = delta.rows();
    const order = Array.from({ length: rows.count }, (_, row) => row);
    order.sort((a, b) => (rows.owners[a] as number) - (rows.owners[b] as number));
    const sorted = draftSegment("javascript", rows.count, 0);
    for (const row of order) sorted.copy(rows, row, row + 1);
    return { rows: sorted.rows(), isGone: () => false };
  }

  function clear(): void {
    kept = [];
    draft = null;
    delta = createDelta("javascript");
    changesSince = 0;
  }

  return {
    begin,
    add,
    seal,
    apply,
    isFull: () => changesSince >= tuning.foldAt,
    fold,
    clear,
    segments: () => kept.map(({ shape }) => shape),
    rows: () => kept.reduce((sum, { shape, gone }) => sum + shape.rows - gone(), delta.rows().count),
    bytes: () =>
      kept.reduce((sum, { shape }) => sum + shape.bytes, draft === null ? 0 : makingBytes(draft.rows().count)),
  };
}

function keptSegment(shape: SegmentShape, searchers: number): KeptSegment {
  const rows = segmentRows(shape, searchers);
  const goneBits = new Uint8Array(Math.ceil(shape.rows / 8));
  let gone = 0;
  const isGone = (row: number) => ((goneBits[row >> 3] as number) & (1 << (row & 7))) !== 0;
  function bury(owner: number): void {
    const row = rowOf(rows.owners, owner);
    if (row < 0 || isGone(row)) return;
    goneBits[row >> 3] = (goneBits[row >> 3] as number) | (1 << (row & 7));
    gone++;
  }
  return { shape, rows, isGone, bury, gone: () => gone };
}
