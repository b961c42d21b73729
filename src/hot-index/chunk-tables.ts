import { allocateMemory, bufferOf, type Kernel, type KernelKind, openKernel } from "./kernel/kernel.ts";
import type { SegmentDraft } from "./segment-draft.ts";
import {
  BASES,
  BLOCK_BITS,
  BLOCK_VALUES,
  CANDIDATES,
  CHUNK_RECORD_BYTES,
  CHUNK_RECORDS,
  CHUNKS,
  ENDS,
  FOUND_AT,
  HIGH_MASKS,
  IDS,
  LOW_MASKS,
  PARTITION_BITS,
  PREFIXES,
  RADIUS_MAX,
  RANGES,
  RESTS,
  ROWS,
  SEEN,
  START,
  WIDE,
  WIDE_BYTES,
  WIDTH,
  wideBytesMax,
} from "./segment-layout.ts";

/** Rows that one call of the kernel works on: a loop compiled better meanwhile is used from the next call on. */
const BATCH_ROWS = 65_536;

/** Memory that building takes beside the segment: the bench of the largest chunk. */
export function buildBytes(rows: number, widths: readonly number[]): number {
  return widths.length === 0 ? 0 : layOutBench(rows, Math.max(...widths)).end;
}

/**
 * Fills in the header and builds the table of every chunk, one after the other. A table is made in a memory of its own,
 * where partitions of the values fit the processor's cache, and copied over. Returns the end of the segment's memory.
 */
export function buildChunkTables(draft: SegmentDraft, widths: readonly number[]): number {
  const { memory, layout, kind } = draft;
  const { count } = draft.rows();
  const words = new Uint32Array(bufferOf(memory));
  const put = (address: number, value: number) => {
    words[address >>> 2] = value;
  };
  put(ROWS, count);
  put(CHUNKS, widths.length);
  put(PREFIXES, layout.prefixes);
  put(RESTS, layout.rests);
  for (const thread of layout.threads) {
    put(thread.record + FOUND_AT, thread.found);
    put(thread.record + SEEN, thread.seen);
    put(thread.record + RANGES, thread.ranges);
    put(thread.record + CANDIDATES, thread.candidates);
  }
  if (widths.length === 0) return layout.tables;

  const lowMasks = Array.from({ length: BLOCK_BITS + 1 }, (_, weight) => masksOfWeight(BLOCK_BITS, weight)).flat();
  new Uint8Array(bufferOf(memory)).set(lowMasks, LOW_MASKS);
  let end = layout.tables;
  const highMasks = new Map<number, number>();
  for (const width of new Set(widths)) {
    highMasks.set(width, end);
    end = putHighMasks(words, end, width - BLOCK_BITS);
  }
  const kernel = openKernel(kind, memory);
  const bench = openBench(kind, count, Math.max(...widths));
  let start = 0;
  widths.forEach((width, chunk) => {
    const record = CHUNK_RECORDS + chunk * CHUNK_RECORD_BYTES;
    const values = takeValues(kernel, layout, start, width, count, end);
    const table = bench.build(new Uint32Array(bufferOf(memory), values, count), width);
    put(record + START, start);
    put(record + WIDTH, width);
    put(record + HIGH_MASKS, highMasks.get(width) ?? 0);
    for (const [field, bytes] of [
      [BASES, table.bases],
      [ENDS, table.ends],
      [IDS, table.ids],
      [WIDE, table.wide],
    ] as const) {
      new Uint8Array(bufferOf(memory)).set(bytes, end);
      put(record + field, end);
      end = aligned(end + bytes.length);
    }
    start += width;
  });
  return end;
}

/** The chunk's values of all rows, written to the free end of the segment. */
function takeValues(
  kernel: Kernel,
  layout: SegmentDraft["layout"],
  start: number,
  width: number,
  count: number,
  values: number,
): number {
  const word = start >>> 5;
  const high = wordAddress(layout, word);
  const low = word === 7 ? high : wordAddress(layout, word + 1);
  const shift = 64 - (start & 31) - width;
  for (let row = 0; row < count; row += BATCH_ROWS) {
    kernel.chunkValues(high, low, shift, 2 ** width - 1, row, Math.min(row + BATCH_ROWS, count), values);
  }
  return values;
}

function wordAddress(layout: SegmentDraft["layout"], word: number): number {
  return word < 4 ? layout.prefixes + word * 4 : layout.rests + (word - 4) * 4;
}

interface ChunkTable {
  readonly bases: Uint8Array;
  readonly ends: Uint8Array;
  readonly ids: Uint8Array;
  readonly wide: Uint8Array;
}

function openBench(kind: KernelKind, rows: number, widest: number) {
  const places = layOutBench(rows, widest);
  const memory = allocateMemory(kind, places.end);
  const buffer = bufferOf(memory);
  const kernel = openKernel(kind, memory);
  const bytesOf = (start: number, length: number) => new Uint8Array(buffer, start, length);

  function build(values: Uint32Array, width: number): ChunkTable {
    const partitionValues = 2 ** Math.min(width, PARTITION_BITS);
    const partitions = 2 ** width / partitionValues;
    const next = new Uint32Array(buffer, places.partitions, partitions).fill(0);
    new Uint32Array(buffer, places.values, rows).set(values);
    for (let row = 0; row < rows; row += BATCH_ROWS) {
      kernel.countPartitions(places.values, row, Math.min(row + BATCH_ROWS, rows), places.partitions);
    }
    let end = 0;
    const starts = Array.from(next, (size) => {
      end += size;
      return end - size;
    });
    next.set(starts);
    for (let row = 0; row < rows; row += BATCH_ROWS) {
      const to = Math.min(row + BATCH_ROWS, rows);
      kernel.partitionRows(places.values, row, to, places.partitions, places.ids, places.lows);
    }
    let wideCount = 0;
    starts.forEach((from, partition) => {
      wideCount = kernel.sortPartition(
        places.ids,
        places.lows,
        from,
        starts[partition + 1] ?? rows,
        partitionValues,
        places.counts,
        places.bases + ((partition * partitionValues) / BLOCK_VALUES) * 4,
        places.ends + partition * partitionValues,
        // The values are in the partitions now, so their place is free.
        places.values,
        places.wide,
        wideCount,
      );
    });
    return {
      bases: bytesOf(places.bases, (2 ** width / BLOCK_VALUES) * 4),
      ends: bytesOf(places.ends, 2 ** width),
      // Ids are read four at a time.
      ids: bytesOf(places.values, rows * 4 + 16),
      wide: bytesOf(places.wide, wideCount * WIDE_BYTES),
    };
  }

  return { build };
}

function layOutBench(rows: number, widest: number) {
  let end = 1024;
  function place(bytes: number): number {
    const start = end;
    end = aligned(end + bytes);
    return start;
  }
  return {
    partitions: place(2 ** Math.max(widest - PARTITION_BITS, 0) * 4),
    counts: place(2 ** PARTITION_BITS * 4),
    values: place(rows * 4 + 16),
    ids: place(rows * 4),
    lows: place(rows * 2),
    bases: place((2 ** widest / BLOCK_VALUES) * 4),
    ends: place(2 ** widest),
    wide: place(wideBytesMax(rows)),
    end,
  };
}

function putHighMasks(words: Uint32Array, address: number, width: number): number {
  let end = address + (RADIUS_MAX + 2) * 4;
  for (let weight = 0; weight <= RADIUS_MAX; weight++) {
    words[(address >>> 2) + weight] = end;
    const masks = masksOfWeight(width, weight);
    words.set(masks, end >>> 2);
    end += masks.length * 4;
  }
  words[(address >>> 2) + RADIUS_MAX + 1] = end;
  return aligned(end);
}

/** All numbers of `width` bits with `weight` bits set, ascending (Gosper's hack: Knuth, TAOCP 7.1.3, exercise 20). */
function masksOfWeight(width: number, weight: number): number[] {
  if (weight === 0) return [0];
  const masks: number[] = [];
  for (let mask = 2 ** weight - 1; mask < 2 ** width; ) {
    masks.push(mask);
    const lowest = mask & -mask;
    const ripple = mask + lowest;
    mask = ripple | (((mask ^ ripple) >>> 2) / lowest);
  }
  return masks;
}

function aligned(bytes: number): number {
  return Math.ceil(bytes / 64) * 64;
}
