import { allocateMemory, bufferOf, type KernelKind, openKernel } from "./kernel/kernel.ts";
import type { SegmentDraft } from "./segment-draft.ts";
import {
  CANDIDATES,
  CHUNK_BITS,
  CHUNK_RECORD_BYTES,
  CHUNK_RECORDS,
  CHUNK_VALUES,
  CHUNKS,
  FOUND_AT,
  ID_BYTES,
  IDS,
  layOutTables,
  MASKS,
  NEXTS,
  PREFIXES,
  placesFrom,
  RADIUS_MAX,
  RANGES,
  RESTS,
  SEEN,
  STARTS,
  type TableLayout,
  TOUCH_BYTES,
  TOUCH_BYTES_MAX,
} from "./segment-layout.ts";

/** Rows that one call of the kernel works on: a loop compiled better meanwhile is used from the next call on. */
const BATCH_ROWS = 65_536;
/** A chunk's rows are first sorted by its high byte, so that the rest of the work stays in the processor's cache. */
const PARTITIONS = 256;
const LINE_BYTES = 64;

/** Memory that building takes beside the segment. */
export function buildBytes(rows: number): number {
  return layOutBench(rows).end;
}

/** Writes where the rows and each thread's places lie: enough to read all rows. */
export function writeHeader({ memory, layout }: SegmentDraft): void {
  const words = new Uint32Array(bufferOf(memory));
  words[PREFIXES / 4] = layout.prefixes;
  words[RESTS / 4] = layout.rests;
  for (const thread of layout.threads) {
    words[(thread.record + FOUND_AT) / 4] = thread.found;
    words[(thread.record + SEEN) / 4] = thread.seen;
    words[(thread.record + RANGES) / 4] = thread.ranges;
    words[(thread.record + CANDIDATES) / 4] = thread.candidates;
  }
}

/**
 * Builds the table of every chunk, one after the other: each is made in a memory that lasts as long as this, and copied.
 * A draft larger than it needs to be has room for them.
 */
export function buildChunkTables(draft: SegmentDraft): void {
  const { memory, layout, kind } = draft;
  const { count } = draft.rows();
  const buffer = bufferOf(memory);
  const words = new Uint32Array(buffer);
  const tables = layOutTables(layout.tables, count);
  words[MASKS / 4] = tables.masks;
  words[TOUCH_BYTES / 4] = Math.min(LINE_BYTES + Math.ceil((count / CHUNK_VALUES) * 2), TOUCH_BYTES_MAX);
  putMasks(buffer, tables.masks);
  const bench = openBench(kind, count);
  const kernel = openKernel(kind, memory);
  tables.chunks.forEach((places, chunk) => {
    const pairs = placeOfPairs(tables, chunk);
    const next = chunkAddress(layout, (chunk + 1) % CHUNKS);
    for (let row = 0; row < count; row += BATCH_ROWS) {
      kernel.chunkPairs(chunkAddress(layout, chunk), next, row, Math.min(row + BATCH_ROWS, count), pairs);
    }
    const table = bench.build(new Uint32Array(buffer, pairs, count));
    const record = CHUNK_RECORDS + chunk * CHUNK_RECORD_BYTES;
    for (const [field, name] of [
      [STARTS, "starts"],
      [IDS, "ids"],
      [NEXTS, "nexts"],
    ] as const) {
      new Uint8Array(buffer).set(table[name], places[name]);
      words[(record + field) / 4] = places[name];
    }
  });
}

/** The pairs, four bytes a row, are taken away before the chunk's ids and next chunks, five bytes a row, are put there. */
function placeOfPairs({ chunks }: TableLayout, chunk: number): number {
  return chunks[chunk]?.ids ?? 0;
}

function chunkAddress({ prefixes, rests }: SegmentDraft["layout"], chunk: number): number {
  return chunk < CHUNKS / 2 ? prefixes + chunk * 2 : rests + (chunk - CHUNKS / 2) * 2;
}

type ChunkTable = Readonly<Record<"starts" | "ids" | "nexts", Uint8Array>>;

function openBench(kind: KernelKind, rows: number): { build(pairs: Uint32Array): ChunkTable } {
  const places = layOutBench(rows);
  const memory = allocateMemory(kind, places.end);
  const buffer = bufferOf(memory);
  const kernel = openKernel(kind, memory);
  const ends = new Uint32Array(buffer, places.ends, PARTITIONS);
  const inBatches = (step: (from: number, to: number) => void) => {
    for (let row = 0; row < rows; row += BATCH_ROWS) step(row, Math.min(row + BATCH_ROWS, rows));
  };

  function build(pairs: Uint32Array): ChunkTable {
    new Uint32Array(buffer, places.pairs, rows).set(pairs);
    ends.fill(0);
    inBatches((from, to) => kernel.countPartitions(places.pairs, from, to, places.ends));
    let end = 0;
    const starts = Array.from(ends, (size) => {
      end += size;
      return end - size;
    });
    ends.set(starts);
    inBatches((from, to) => kernel.partitionRows(places.pairs, from, to, places.ends, places.sorted));
    starts.forEach((from, partition) => {
      const to = starts[partition + 1] ?? rows;
      const first = places.starts + partition * (CHUNK_VALUES / PARTITIONS) * 4;
      kernel.sortPartition(places.sorted, from, to, places.ends, first, places.ids, places.nexts);
    });
    new Uint32Array(buffer, places.starts)[CHUNK_VALUES] = rows;
    return {
      starts: new Uint8Array(buffer, places.starts, (CHUNK_VALUES + 1) * 4),
      ids: new Uint8Array(buffer, places.ids, rows * ID_BYTES),
      nexts: new Uint8Array(buffer, places.nexts, rows * 2),
    };
  }

  return { build };
}

function layOutBench(rows: number) {
  const { place, end } = placesFrom(1024);
  return {
    ends: place(PARTITIONS * 4),
    starts: place((CHUNK_VALUES + 1) * 4),
    pairs: place(rows * 4),
    sorted: place(rows * 8),
    ids: place(rows * ID_BYTES),
    nexts: place(rows * 2),
    end: end(),
  };
}

/** Where the masks of each weight begin, up to RADIUS_MAX and one more, as u32; then the masks as u16. */
function putMasks(buffer: SharedArrayBuffer, address: number): void {
  const starts = new Uint32Array(buffer, address, RADIUS_MAX + 2);
  const halves = new Uint16Array(buffer);
  let end = address + starts.byteLength;
  for (let weight = 0; weight <= RADIUS_MAX; weight++) {
    starts[weight] = end;
    const masks = masksOfWeight(weight);
    halves.set(masks, end / 2);
    end += masks.length * 2;
  }
  starts[RADIUS_MAX + 1] = end;
}

/** All chunk values with `weight` bits set, ascending (Gosper's hack: Knuth, TAOCP 7.1.3, exercise 20). */
function masksOfWeight(weight: number): number[] {
  if (weight === 0) return [0];
  const masks: number[] = [];
  for (let mask = 2 ** weight - 1; mask < 2 ** CHUNK_BITS; ) {
    masks.push(mask);
    const lowest = mask & -mask;
    const ripple = mask + lowest;
    mask = ripple | (((mask ^ ripple) >>> 2) / lowest);
  }
  return masks;
}
