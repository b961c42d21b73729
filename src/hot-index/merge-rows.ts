import type { Rows, SegmentDraft } from "./segment-draft.ts";

/** Rows sorted by owner, without those that `isGone` tells. */
export interface MergeSource {
  readonly rows: Rows;
  isGone(row: number): boolean;
}

/** Copies all rows of the sources into the draft, sorted by owner; no owner is in two of them. */
export function mergeRows(sources: readonly MergeSource[], draft: SegmentDraft): void {
  const next = sources.map((source) => skipGone(source, 0));
  const ownerAt = (index: number) => sources[index]?.rows.owners[next[index] as number] ?? Number.POSITIVE_INFINITY;
  for (;;) {
    let first = -1;
    let firstOwner = Number.POSITIVE_INFINITY;
    let bound = Number.POSITIVE_INFINITY;
    sources.forEach((source, index) => {
      if ((next[index] as number) >= source.rows.count) return;
      const owner = ownerAt(index);
      if (owner < firstOwner) {
        bound = firstOwner;
        firstOwner = owner;
        first = index;
      } else if (owner < bound) {
        bound = owner;
      }
    });
    const source = sources[first];
    if (source === undefined) return;
    const from = next[first] as number;
    const to = endOfRun(source, from, bound);
    draft.copy(source.rows, from, to);
    next[first] = skipGone(source, to);
  }
}

function endOfRun(source: MergeSource, from: number, bound: number): number {
  const { owners, count } = source.rows;
  let to = from;
  while (to < count && (owners[to] as number) < bound && !source.isGone(to)) to++;
  return to;
}

function skipGone(source: MergeSource, from: number): number {
  let row = from;
  while (row < source.rows.count && source.isGone(row)) row++;
  return row;
}
