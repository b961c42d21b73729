/**
 * Where things lie in a segment's memory (bytes). kernel/assembly/layout.ts is the other side of this; change both
 * together.
 *
 * A row's 32 bytes stand in two halves, in `prefixes` and `rests`, because a look at the first half rejects nearly every
 * row. A hash is cut into sixteen chunks of two bytes. A chunk's table has, for each of its 65,536 values, where its
 * rows start; and in that order the rows' ids (three bytes) and their next chunks (two bytes), the first chunk being
 * next to the last.
 */
export const HEADER = 1024;
export const TOUCH_BYTES = HEADER;
export const PREFIXES = HEADER + 4;
export const RESTS = HEADER + 8;
export const MASKS = HEADER + 12;

export const CHUNK_RECORDS = HEADER + 64;
export const CHUNK_RECORD_BYTES = 16;
export const STARTS = 0;
export const IDS = 4;
export const NEXTS = 8;

export const FOUND = 0;
export const CAPACITY = 4;
export const FOUND_AT = 8;
export const SEEN = 12;
export const RANGES = 16;
export const CANDIDATES = 20;
export const HASHES = 24;
export const RADII = 32;
export const QUERY = 128;

export const CHUNKS = 16;
export const CHUNK_BITS = 16;
export const CHUNK_VALUES = 65_536;
export const RANGES_MAX = 2048;
export const RANGE_BYTES = 16;
export const CANDIDATES_MAX = 4096;
export const ID_BYTES = 3;

/** Found rows are numbers: row * 8192 + distance * 16 + place of the nearest hash. */
export const FOUND_ROW = 8192;

export const HASH_BITS = 256;
/** Hashes of one search. */
export const HASHES_MAX = 16;
/** The most rows that one search can find in a segment. */
export const FOUND_MAX = 1_048_576;
/** The widest radius that chunks are probed with (bits). */
export const RADIUS_MAX = 6;
/** Rows of one segment: ids have three bytes. */
export const SEGMENT_ROWS_MAX = 16_000_000;

const THREAD_RECORD_BYTES = 1024;
/** The most bytes of one chunk value's next chunks that the kernel asks the memory for in advance. */
export const TOUCH_BYTES_MAX = 512;
// What is touched may end behind the table; the kernel also reads eight next chunks at once, and ids as four bytes.
const SLACK_BYTES = TOUCH_BYTES_MAX + 64;

/** One thread's part of a segment's memory. */
export interface ThreadPlaces {
  readonly record: number;
  readonly ranges: number;
  readonly candidates: number;
  readonly seen: number;
  readonly found: number;
  readonly foundMax: number;
}

export interface SegmentLayout {
  readonly capacity: number;
  readonly threads: readonly ThreadPlaces[];
  readonly prefixes: number;
  readonly rests: number;
  readonly owners: number;
  /** Where the masks and the chunk tables begin, which are laid out for the rows there are in the end. */
  readonly tables: number;
  /** All of it, with tables for as many rows as there is room for. */
  readonly bytes: number;
}

export interface TableLayout {
  readonly masks: number;
  readonly chunks: readonly { readonly starts: number; readonly ids: number; readonly nexts: number }[];
  readonly end: number;
}

/** A segment for up to `capacity` rows. */
export function layOutSegment(capacity: number, searchers: number): SegmentLayout {
  const { place, end } = placesFrom(CHUNK_RECORDS + CHUNKS * CHUNK_RECORD_BYTES);
  const foundMax = Math.min(capacity, FOUND_MAX);
  const threads = Array.from({ length: searchers }, () => ({
    record: place(THREAD_RECORD_BYTES),
    ranges: place(RANGES_MAX * RANGE_BYTES),
    candidates: place(CANDIDATES_MAX * 4 + SLACK_BYTES),
    seen: place(Math.ceil(capacity / 8)),
    found: place(foundMax * 8),
    foundMax,
  }));
  const prefixes = place(capacity * 16);
  const rests = place(capacity * 16);
  const owners = place(capacity * 8);
  const tables = end();
  return { capacity, threads, prefixes, rests, owners, tables, bytes: layOutTables(tables, capacity).end };
}

/** Chunk tables of so many rows. */
export function layOutTables(tables: number, rows: number): TableLayout {
  const { place, end } = placesFrom(tables);
  const masks = place((RADIUS_MAX + 2) * 4 + ballSize(RADIUS_MAX) * 2);
  const chunks = Array.from({ length: CHUNKS }, () => ({
    starts: place((CHUNK_VALUES + 1) * 4),
    ids: place(rows * ID_BYTES + SLACK_BYTES),
    nexts: place(rows * 2 + SLACK_BYTES),
  }));
  return { masks, chunks, end: end() };
}

/** Memory that a segment of so many rows takes; not counted is the room for found rows, of which little is ever used. */
export function segmentBytes(rows: number, searchers: number, chunked: boolean): number {
  const { tables, threads, bytes } = layOutSegment(rows, searchers);
  return (chunked ? bytes : tables) - threads.reduce((sum, thread) => sum + thread.foundMax * 8, 0);
}

/** Number of chunk values within `radius` bits of one. */
export function ballSize(radius: number): number {
  let size = 0;
  let ofWeight = 1;
  for (let weight = 0; weight <= radius; weight++) {
    size += ofWeight;
    ofWeight = (ofWeight * (CHUNK_BITS - weight)) / (weight + 1);
  }
  return size;
}

/** Hands out one place after the other, each at the start of a cache line. */
export function placesFrom(start: number): { place(bytes: number): number; end(): number } {
  let end = aligned(start);
  function place(bytes: number): number {
    const address = end;
    end = aligned(end + bytes);
    return address;
  }
  return { place, end: () => end };
}

function aligned(bytes: number): number {
  return Math.ceil(bytes / 64) * 64;
}
