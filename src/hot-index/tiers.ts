import { SEGMENT_ROWS_MAX } from "./segment-layout.ts";

/** A segment as the choice of what to merge sees it. */
export interface TierSegment {
  readonly rows: number;
  readonly gone: number;
}

/**
 * How many of the segments, oldest first, stay as they are; the others are merged with `newRows` rows into one. Every
 * segment keeps at least `factor` times as many rows as all newer ones together, so n rows are in about log(n)
 * segments, and a row is copied a few times for every tier that it sinks through (O'Neil et al.: The Log-Structured
 * Merge-Tree, 1996). A segment whose rows are a quarter gone is merged too, so that none are kept for ever.
 */
export function countKept(segments: readonly TierSegment[], newRows: number, factor: number): number {
  let kept = segments.length;
  let merged = newRows;
  const emptied = segments.findIndex(({ rows, gone }) => gone * 4 > rows);
  for (let index = segments.length - 1; index >= 0; index--) {
    const { rows, gone } = segments[index] as TierSegment;
    const live = rows - gone;
    const mustMerge = emptied >= 0 && index >= emptied;
    if (merged + live > SEGMENT_ROWS_MAX || (!mustMerge && live >= factor * merged)) break;
    merged += live;
    kept = index;
  }
  return kept;
}
