import { buildChunkTables, writeHeader } from "./chunk-tables.ts";
import type { SegmentShape } from "./segment.ts";
import { draftSegment, type SegmentDraft } from "./segment-draft.ts";
import { segmentBytes } from "./segment-layout.ts";

/**
 * Makes a segment of a draft: sorts the rows by owner where they aren't (of rows of one owner the last one stays) and
 * builds the chunk tables. Takes the thread for about half a second a million rows.
 */
export function sealSegment(draft: SegmentDraft, id: number, chunkedFrom: number): SegmentShape {
  const sorted = sortByOwner(draft);
  const rows = sorted.rows().count;
  const { capacity } = sorted.layout;
  const chunked = rows >= chunkedFrom;
  writeHeader(sorted);
  if (chunked) buildChunkTables(sorted);
  return { id, rows, capacity, chunked, bytes: segmentBytes(rows, sorted.searchers, chunked), memory: sorted.memory };
}

function sortByOwner(draft: SegmentDraft): SegmentDraft {
  const rows = draft.rows();
  const { owners, count } = rows;
  let row = 1;
  while (row < count && (owners[row - 1] as number) < (owners[row] as number)) row++;
  if (row >= count) return draft;
  const order = Uint32Array.from({ length: count }, (_, index) => index);
  order.sort((a, b) => (owners[a] as number) - (owners[b] as number) || a - b);
  const sorted = draftSegment(draft.kind, count, draft.searchers);
  order.forEach((from, index) => {
    const next = order[index + 1];
    if (next === undefined || owners[next] !== owners[from]) sorted.copy(rows, from, from + 1);
  });
  return sorted;
}
