// Where things lie in a segment's memory. The TypeScript side of this is ../../segment-layout.ts; change both together.

/** Segment: u32 each. */
export const HEADER: u32 = 1024;
export const ROWS: u32 = 0;
export const CHUNKS: u32 = 4;
export const PREFIXES: u32 = 8;
export const RESTS: u32 = 12;
export const LOW_MASKS: u32 = 32;

/** One record a chunk, u32 each. */
export const CHUNK_RECORDS: u32 = HEADER + 128;
export const CHUNK_RECORD_BYTES: u32 = 32;
export const START: u32 = 0;
export const WIDTH: u32 = 4;
export const BASES: u32 = 8;
export const ENDS: u32 = 12;
export const IDS: u32 = 16;
export const WIDE: u32 = 20;
export const HIGH_MASKS: u32 = 24;

/** One record a thread, u32 each. */
export const FOUND: u32 = 0;
export const CAPACITY: u32 = 4;
export const FOUND_AT: u32 = 8;
export const SEEN: u32 = 12;
export const RANGES: u32 = 16;
export const CANDIDATES: u32 = 20;
export const HASHES: u32 = 24;
export const RADII: u32 = 32;
export const QUERY: u32 = 128;

export const RANGES_MAX: u32 = 8192;
export const CANDIDATES_MAX: u32 = 8192;

/** A block of a chunk's values shares all but this many low bits. */
export const BLOCK_BITS: u32 = 6;
export const BLOCK_VALUES: u32 = 64;
/** Set in the base of a block whose rows are counted in the wide table. */
export const IS_WIDE: u32 = 0x80000000;
export const WIDE_VALUES: u32 = 65;
/** Values of this many bits fit into a partition whose counts stay in the processor's cache while it is built. */
export const PARTITION_BITS: u32 = 16;
