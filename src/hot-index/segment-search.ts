import { emptyFound, type HotFound } from "./found.ts";
import { bufferOf, type Kernel } from "./kernel/kernel.ts";
import type { Rows } from "./segment-draft.ts";
import { CAPACITY, CHUNKS, FOUND, FOUND_ROW, HASHES, QUERY, RADII, type ThreadPlaces } from "./segment-layout.ts";

/** What to look for. */
export interface SegmentQuery {
  /** Eight words a hash, as segments have them. */
  readonly words: Uint32Array;
  readonly hashes: number;
  readonly threshold: number;
  /** The most owners wanted. */
  readonly limit: number;
  /** Which part of the work this is: the whole is part 0 of 1. */
  readonly part: number;
  readonly parts: number;
}

/** One thread's way into the rows of one memory. */
export interface SegmentReader {
  /**
   * Ascending by row; null where more than the limit are found.
   * @param rowCount all rows: a delta's number changes
   * @param radii how far to probe each chunk (bits), or null to read all rows
   */
  search(query: SegmentQuery, rowCount: number, radii: readonly number[] | null): HotFound | null;
  /** The row is never found again by this thread. */
  bury(row: number): void;
}

export function readSegment(
  kernel: Kernel,
  memory: Parameters<typeof bufferOf>[0],
  thread: ThreadPlaces,
  rows: Rows,
): SegmentReader {
  const buffer = bufferOf(memory);
  const { record } = thread;
  const header = new Uint32Array(buffer, record, QUERY / 4);
  const radiiPlace = new Int32Array(buffer, record + RADII, CHUNKS);
  const queryPlace = new Uint32Array(buffer, record + QUERY, 16 * 8);
  const seen = new Uint8Array(buffer, thread.seen, Math.ceil(rows.owners.length / 8));
  const found = new Float64Array(buffer, thread.found, thread.foundMax);

  function search(query: SegmentQuery, rowCount: number, radii: readonly number[] | null): HotFound | null {
    queryPlace.set(query.words);
    header[HASHES / 4] = query.hashes;
    header[CAPACITY / 4] = Math.min(query.limit + 1, thread.foundMax);
    const stopped = run(query, rowCount, radii);
    const count = header[FOUND / 4] as number;
    // Room for every row is no limit.
    const answer = stopped && count !== rowCount ? null : take(count);
    kernel.forget(record);
    return answer !== null && answer.owners.length > query.limit ? null : answer;
  }

  function run(
    { hashes, threshold, part, parts }: SegmentQuery,
    rowCount: number,
    radii: readonly number[] | null,
  ): boolean {
    if (radii === null) {
      const from = Math.floor((rowCount * part) / parts);
      return kernel.scan(record, from, Math.floor((rowCount * (part + 1)) / parts), threshold) !== 0;
    }
    radiiPlace.set(radii);
    for (let hash = part; hash < hashes; hash += parts) {
      if (kernel.probe(record, hash, threshold) !== 0) return true;
    }
    return false;
  }

  function take(count: number): HotFound {
    if (count === 0) return emptyFound();
    const sorted = found.slice(0, count).sort();
    const owners = new Float64Array(count);
    const distances = new Uint16Array(count);
    const places = new Uint8Array(count);
    sorted.forEach((value, index) => {
      const rest = value % FOUND_ROW;
      owners[index] = rows.owners[Math.floor(value / FOUND_ROW)] as number;
      distances[index] = rest >>> 4;
      places[index] = rest & 15;
    });
    return { owners, distances, places };
  }

  function bury(row: number): void {
    seen[row >>> 3] = (seen[row >>> 3] as number) | (1 << (row & 7));
  }

  return { search, bury };
}
