// Where things lie in a segment's memory. The TypeScript side of this is ../../segment-layout.ts; change both together.

/** Segment: u32 each. */
export const HEADER: u32 = 1024;
export const TOUCH_BYTES: u32 = 0;
export const PREFIXES: u32 = 4;
export const RESTS: u32 = 8;
export const MASKS: u32 = 12;

/** One record a chunk, u32 each. */
export const CHUNK_RECORDS: u32 = HEADER + 64;
export const CHUNK_RECORD_BYTES: u32 = 16;
export const STARTS: u32 = 0;
export const IDS: u32 = 4;
export const NEXTS: u32 = 8;

/** One record a thread, u32 each. */
export const FOUND: u32 = 0;
export const CAPACITY: u32 = 4;
export const FOUND_AT: u32 = 8;
export const SEEN: u32 = 12;
export const RANGES: u32 = 16;
export const CANDIDATES: u32 = 20;
export const HASHES: u32 = 24;
export const TOUCHED: u32 = 28;
export const RADII: u32 = 32;
export const QUERY: u32 = 128;

export const CHUNKS: u32 = 16;
export const RANGES_MAX: u32 = 2048;
export const CANDIDATES_MAX: u32 = 4096;
/** Ids are of three bytes. */
export const ID_BYTES: u32 = 3;
