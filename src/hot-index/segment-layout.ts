/**
 * Where things lie in a segment's memory (bytes). kernel/assembly/layout.ts is the other side of this; change both
 * together.
 *
 * A row is eight 32-bit words, the first bit of the hash highest in the first: four in `prefixes`, four in `rests`,
 * because a look at the first half rejects nearly every row. A chunk's table has, for every block of 64 values that
 * share all but their low six bits, where its rows begin (u32), and for every value where its rows end within the block
 * (u8); blocks of more than 255 rows have an entry of 65 u32 in a wide table instead. The row ids stand in that order.
 */
export const HEADER = 1024;
export const ROWS = HEADER;
export const CHUNKS = HEADER + 4;
export const PREFIXES = HEADER + 8;
export const RESTS = HEADER + 12;
export const LOW_MASKS = HEADER + 32;

export const CHUNK_RECORDS = HEADER + 128;
export const CHUNK_RECORD_BYTES = 32;
export const START = 0;
export const WIDTH = 4;
export const BASES = 8;
export const ENDS = 12;
export const IDS = 16;
export const WIDE = 20;
export const HIGH_MASKS = 24;

export const FOUND = 0;
export const CAPACITY = 4;
export const FOUND_AT = 8;
export const SEEN = 12;
export const RANGES = 16;
export const CANDIDATES = 20;
export const HASHES = 24;
export const RADII = 32;
export const QUERY = 128;

export const RANGES_MAX = 8192;
export const CANDIDATES_MAX = 8192;
export const BLOCK_BITS = 6;
export const BLOCK_VALUES = 64;
export const PARTITION_BITS = 16;
export const WIDE_VALUES = 65;
export const WIDE_BYTES = WIDE_VALUES * 4;
export const IS_WIDE = 0x8000_0000;

/** Found rows are numbers: row * 8192 + distance * 16 + place of the nearest hash. */
export const FOUND_ROW = 8192;

export const HASH_BITS = 256;
/** Hashes of one search. */
export const HASHES_MAX = 16;
/** The most rows that one search can find in a segment. */
export const FOUND_MAX = 1_048_576;
/** The widest radius that chunks are probed with (bits). */
export const RADIUS_MAX = 6;
/** Rows of one segment: at 32 million its tables, the worst ones included, come near a memory's 4 GiB. */
export const SEGMENT_ROWS_MAX = 32_000_000;

const CHUNKS_MIN = 11;
const CHUNKS_MAX = 20;
const HEADER_END = CHUNK_RECORDS + CHUNKS_MAX * CHUNK_RECORD_BYTES;
const THREAD_RECORD_BYTES = 1024;
// The kernel copies four ids at once, so it writes and reads up to twelve bytes too far.
const SLACK_BYTES = 64;

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
  /** Where masks and chunk tables begin, one after the other. */
  readonly tables: number;
  /** What the memory must have at worst. */
  readonly bytesMax: number;
}

/**
 * How a 256-bit hash is cut for so many rows: widths in bits, the wide ones first; none where rows are only scanned. A
 * chunk has about as many values as there are rows, so that a value looked up brings about one candidate; below eleven
 * chunks the values to look up would be too many.
 */
export function chunkWidths(rows: number): readonly number[] {
  const ideal = Math.round(HASH_BITS / Math.log2(Math.max(rows, 2)));
  const chunks = Math.min(Math.max(ideal, CHUNKS_MIN), CHUNKS_MAX);
  const width = Math.floor(HASH_BITS / chunks);
  return Array.from({ length: chunks }, (_, chunk) => (chunk < HASH_BITS % chunks ? width + 1 : width));
}

/** Bytes of one chunk's table over so many rows, its wide blocks not counted. */
export function chunkTableBytes(width: number, rows: number): number {
  return aligned(2 ** (width - BLOCK_BITS) * 4) + aligned(2 ** width) + aligned(rows * 4 + SLACK_BYTES);
}

/** The most wide blocks that a chunk of so many rows can have, in bytes. */
export function wideBytesMax(rows: number): number {
  return aligned(Math.floor(rows / 256) * WIDE_BYTES);
}

/** Number of masks of `width` bits with at most `radius` bits set; as many chunk values lie within that radius. */
export function ballSize(width: number, radius: number): number {
  let size = 0;
  let ofWeight = 1;
  for (let weight = 0; weight <= Math.min(radius, width); weight++) {
    size += ofWeight;
    ofWeight = (ofWeight * (width - weight)) / (weight + 1);
  }
  return size;
}

/** Bytes of the table of masks for a chunk's high bits: where each weight begins (u32), and the masks (u32). */
export function highMaskBytes(width: number): number {
  return aligned((RADIUS_MAX + 2) * 4 + ballSize(width - BLOCK_BITS, RADIUS_MAX) * 4);
}

/** A segment for up to `capacity` rows, of which `rows` decide how the hashes are cut. */
export function layOutSegment(capacity: number, searchers: number): SegmentLayout {
  let end = aligned(HEADER_END);
  function place(bytes: number): number {
    const start = end;
    end += aligned(bytes);
    return start;
  }
  const foundMax = Math.min(capacity, FOUND_MAX);
  const threads = Array.from({ length: searchers }, () => ({
    record: place(THREAD_RECORD_BYTES),
    ranges: place(RANGES_MAX * 8),
    candidates: place(CANDIDATES_MAX * 4 + SLACK_BYTES),
    seen: place(Math.ceil(capacity / 8)),
    found: place(foundMax * 8),
    foundMax,
  }));
  const prefixes = place(capacity * 16);
  const rests = place(capacity * 16 + SLACK_BYTES);
  const owners = place(capacity * 8);
  const tables = end;
  return { capacity, threads, prefixes, rests, owners, tables, bytesMax: tables + tableBytesMax(capacity) };
}

/** Memory that a segment of so many rows takes, found rows and wide blocks not counted: few, and pages are lazy. */
export function segmentBytes(rows: number, searchers: number, chunked: boolean): number {
  const { tables, threads } = layOutSegment(rows, searchers);
  const found = threads.reduce((sum, thread) => sum + thread.foundMax * 8, 0);
  return tables - found + (chunked ? tableBytes(chunkWidths(rows), rows) : 0);
}

function tableBytes(widths: readonly number[], rows: number): number {
  const masks = [...new Set(widths)].reduce((sum, width) => sum + highMaskBytes(width), 0);
  return widths.reduce((sum, width) => sum + chunkTableBytes(width, rows), masks);
}

/** The most bytes that the masks and chunk tables of so many rows can take, all blocks wide. */
export function worstTableBytes(rows: number): number {
  const widths = chunkWidths(rows);
  return tableBytes(widths, rows) + widths.length * wideBytesMax(rows);
}

// Fewer rows than there is room for may be cut into more chunks.
function tableBytesMax(capacity: number): number {
  let most = 0;
  for (let rows = capacity; rows >= 1; rows = Math.floor(rows / 2)) most = Math.max(most, worstTableBytes(rows));
  return most + 65_536;
}

function aligned(bytes: number): number {
  return Math.ceil(bytes / 64) * 64;
}
