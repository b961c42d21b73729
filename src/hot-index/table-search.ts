import type { PackedChanges } from "./changes.ts";
import { writeHeader } from "./chunk-tables.ts";
import { createDelta } from "./delta.ts";
import { emptyFound, type HotFound, mergeFound, sortFound } from "./found.ts";
import { type KernelKind, openKernel } from "./kernel/kernel.ts";
import { planSearch } from "./search-plan.ts";
import { rowOf, type SegmentShape, segmentRows } from "./segment.ts";
import { layOutSegment } from "./segment-layout.ts";
import { readSegment, type SegmentQuery, type SegmentReader } from "./segment-search.ts";

/** One searcher's view of a table: segments that all threads share, and rows and burials of its own. */
export interface TableSearch {
  /** @param batch number of the changes, ascending */
  apply(changes: PackedChanges, batch: number): void;
  /** Takes these segments, which hold every change up to and with the batch. */
  adopt(shapes: readonly SegmentShape[], upTo: number): void;
  /** Null where more than the limit are found. */
  search(query: SegmentQuery, extra: PackedChanges | null): HotFound | null;
}

interface HeldSegment {
  readonly id: number;
  readonly owners: Float64Array;
  readonly chunked: boolean;
  readonly reader: SegmentReader;
}

/** @param searcher which of the `searchers` this is: each has its own part of a segment's memory */
export function createTableSearch(kind: KernelKind, searcher: number, searchers: number): TableSearch {
  /** Owners changed since the segments were made, with the batch of their last change. */
  const changed = new Map<number, number>();
  let segments: readonly HeldSegment[] = [];
  let deltaReader: SegmentReader;
  const delta = createDelta(kind, (draft) => {
    writeHeader(draft);
    const { memory, layout } = draft;
    const [thread] = layout.threads;
    if (thread !== undefined) deltaReader = readSegment(openKernel(kind, memory), memory, thread, draft.rows());
  });

  function hold(shape: SegmentShape): HeldSegment {
    const thread = layOutSegment(shape.capacity, searchers).threads[searcher];
    if (thread === undefined) throw new RangeError(`Expected a searcher below ${searchers} but received ${searcher}`);
    const rows = segmentRows(shape, searchers);
    const kernel = openKernel(kind, shape.memory);
    return {
      id: shape.id,
      owners: rows.owners,
      chunked: shape.chunked,
      reader: readSegment(kernel, shape.memory, thread, rows),
    };
  }

  function bury(held: readonly HeldSegment[], owner: number): void {
    for (const { owners, reader } of held) {
      const row = rowOf(owners, owner);
      if (row >= 0) reader.bury(row);
    }
  }

  function apply(changes: PackedChanges, batch: number): void {
    changes.owners.forEach((owner, index) => {
      changed.set(owner, batch);
      bury(segments, owner);
      if (changes.gone[index] === 1) delta.remove(owner);
      else delta.put(owner, changes.bits.subarray(index * 32, index * 32 + 32));
    });
  }

  function adopt(shapes: readonly SegmentShape[], upTo: number): void {
    const kept = new Map(segments.map((segment) => [segment.id, segment]));
    const added = shapes.filter(({ id }) => !kept.has(id)).map(hold);
    for (const segment of added) kept.set(segment.id, segment);
    segments = shapes.map(({ id }) => kept.get(id)).filter((segment) => segment !== undefined);
    for (const [owner, batch] of changed) {
      if (batch > upTo) {
        bury(added, owner);
      } else {
        changed.delete(owner);
        delta.remove(owner);
      }
    }
  }

  function search(query: SegmentQuery, extra: PackedChanges | null): HotFound | null {
    let found = query.part === 0 ? searchDelta(query, extra) : emptyFound();
    for (const { owners, chunked, reader } of segments) {
      if (found === null) break;
      const radii = chunked ? planSearch(owners.length, query.threshold, query.hashes) : null;
      const more = reader.search(query, owners.length, radii);
      found = more === null ? null : mergeFound(found, more);
    }
    return found === null || found.owners.length > query.limit ? null : found;
  }

  function searchDelta(query: SegmentQuery, extra: PackedChanges | null): HotFound | null {
    const lent = extra === null ? delta.rows().count : lend(extra);
    if (lent === 0) return emptyFound();
    const extras = lent - delta.rows().count;
    const found = deltaReader.search({ ...query, parts: 1, limit: query.limit + extras }, lent, null);
    return found === null ? null : sortFound(found);
  }

  function lend({ owners, bits, gone }: PackedChanges): number {
    if (!gone.includes(1)) return delta.lend(owners, bits);
    const there = Array.from(owners.keys()).filter((index) => gone[index] === 0);
    const thereBits = new Uint8Array(there.length * 32);
    there.forEach((from, to) => {
      thereBits.set(bits.subarray(from * 32, from * 32 + 32), to * 32);
    });
    return delta.lend(
      Float64Array.from(there, (index) => owners[index] as number),
      thereBits,
    );
  }

  return { apply, adopt, search };
}
