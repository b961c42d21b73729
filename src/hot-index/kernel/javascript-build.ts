import { BLOCK_BITS, BLOCK_VALUES, IS_WIDE, PARTITION_BITS, WIDE_VALUES } from "../segment-layout.ts";
import type { Kernel } from "./kernel.ts";

type BuildLoops = Pick<Kernel, "chunkValues" | "countPartitions" | "partitionRows" | "sortPartition">;

/** assembly/build.ts in plain JavaScript. */
export function buildLoops(buffer: SharedArrayBuffer): BuildLoops {
  const bytes = new Uint8Array(buffer);
  const halves = new Uint16Array(buffer);
  const words = new Uint32Array(buffer);

  function chunkValues(
    high: number,
    low: number,
    shift: number,
    mask: number,
    from: number,
    to: number,
    values: number,
  ): void {
    for (let row = from; row < to; row++) {
      const first = words[(high >>> 2) + row * 4] as number;
      const second = words[(low >>> 2) + row * 4] as number;
      const value =
        shift >= 32 ? first >>> (shift - 32) : shift === 0 ? second : (first << (32 - shift)) | (second >>> shift);
      words[(values >>> 2) + row] = value & mask;
    }
  }

  function countPartitions(values: number, from: number, to: number, counts: number): void {
    for (let row = from; row < to; row++) {
      const count = (counts >>> 2) + ((words[(values >>> 2) + row] as number) >>> PARTITION_BITS);
      words[count] = (words[count] as number) + 1;
    }
  }

  function partitionRows(values: number, from: number, to: number, next: number, ids: number, lows: number): void {
    for (let row = from; row < to; row++) {
      const value = words[(values >>> 2) + row] as number;
      const place = (next >>> 2) + (value >>> PARTITION_BITS);
      const end = words[place] as number;
      words[place] = end + 1;
      words[(ids >>> 2) + end] = row;
      halves[(lows >>> 1) + end] = value;
    }
  }

  function sortPartition(
    ids: number,
    lows: number,
    from: number,
    to: number,
    valueCount: number,
    counts: number,
    bases: number,
    ends: number,
    sorted: number,
    wide: number,
    wideCount: number,
  ): number {
    const low = lows >>> 1;
    const count = counts >>> 2;
    words.fill(0, count, count + valueCount);
    for (let i = from; i < to; i++) {
      const value = count + (halves[low + i] as number);
      words[value] = (words[value] as number) + 1;
    }
    let next = from;
    let wideEnd = wideCount;
    for (let first = 0; first < valueCount; first += BLOCK_VALUES) {
      const base = next;
      for (let value = first; value < first + BLOCK_VALUES; value++) {
        const rows = words[count + value] as number;
        words[count + value] = next;
        next += rows;
        bytes[ends + value] = next - base;
      }
      const block = (bases >>> 2) + (first >>> BLOCK_BITS);
      if (next - base <= 255) {
        words[block] = base;
        continue;
      }
      const entry = (wide >>> 2) + wideEnd * WIDE_VALUES;
      words.copyWithin(entry, count + first, count + first + BLOCK_VALUES);
      words[entry + BLOCK_VALUES] = next;
      words[block] = IS_WIDE + wideEnd;
      wideEnd++;
    }
    for (let i = from; i < to; i++) {
      const value = count + (halves[low + i] as number);
      const end = words[value] as number;
      words[value] = end + 1;
      words[(sorted >>> 2) + end] = words[(ids >>> 2) + i] as number;
    }
    return wideEnd;
  }

  return { chunkValues, countPartitions, partitionRows, sortPartition };
}
