import { BLOCK_BITS, BLOCK_VALUES, IS_WIDE, PARTITION_BITS, WIDE_VALUES } from "./layout";

/** Chunk values of the rows from..to, as u32: `high` and `low` are where the two words of row 0 lie, 16 bytes a row. */
export function chunkValues(high: u32, low: u32, shift: u32, mask: u32, from: u32, to: u32, values: u32): void {
  for (let row = from; row < to; row++) {
    const word = (<u64>load<u32>(high + (row << 4)) << 32) | load<u32>(low + (row << 4));
    store<u32>(values + (row << 2), <u32>(word >> shift) & mask);
  }
}

/** Counts the values from..to by their bits above PARTITION_BITS. */
export function countPartitions(values: u32, from: u32, to: u32, counts: u32): void {
  for (let row = from; row < to; row++) {
    const partition = load<u32>(values + (row << 2)) >> PARTITION_BITS;
    const count = counts + (partition << 2);
    store<u32>(count, load<u32>(count) + 1);
  }
}

/** Sorts the rows from..to into their partitions: ids and the low bits of their values. `next` is where each goes on. */
export function partitionRows(values: u32, from: u32, to: u32, next: u32, ids: u32, lows: u32): void {
  for (let row = from; row < to; row++) {
    const value = load<u32>(values + (row << 2));
    const place = next + ((value >> PARTITION_BITS) << 2);
    const end = load<u32>(place);
    store<u32>(place, end + 1);
    store<u32>(ids + (end << 2), row);
    store<u16>(lows + (end << 1), <u16>value);
  }
}

/**
 * Orders one partition, places from..to of `ids` and `lows`, by value into `sorted`, and writes the base of each of its
 * blocks and the ends of its values. Blocks of more than 255 rows get an entry of the wide table instead, from entry
 * `wideCount` on. Returns the entries then used.
 */
export function sortPartition(
  ids: u32,
  lows: u32,
  from: u32,
  to: u32,
  valueCount: u32,
  counts: u32,
  bases: u32,
  ends: u32,
  sorted: u32,
  wide: u32,
  wideCount: u32,
): u32 {
  memory.fill(counts, 0, valueCount << 2);
  for (let i = from; i < to; i++) {
    const count = counts + (<u32>load<u16>(lows + (i << 1)) << 2);
    store<u32>(count, load<u32>(count) + 1);
  }
  let next = from;
  for (let first: u32 = 0; first < valueCount; first += BLOCK_VALUES) {
    const base = next;
    for (let value = first; value < first + BLOCK_VALUES; value++) {
      const count = counts + (value << 2);
      const rows = load<u32>(count);
      store<u32>(count, next);
      next += rows;
      store<u8>(ends + value, <u8>(next - base));
    }
    const block = bases + ((first >> BLOCK_BITS) << 2);
    if (next - base <= 255) {
      store<u32>(block, base);
    } else {
      const entry = wide + ((wideCount * WIDE_VALUES) << 2);
      memory.copy(entry, counts + (first << 2), BLOCK_VALUES << 2);
      store<u32>(entry + (BLOCK_VALUES << 2), next);
      store<u32>(block, IS_WIDE | wideCount);
      wideCount++;
    }
  }
  for (let i = from; i < to; i++) {
    const count = counts + (<u32>load<u16>(lows + (i << 1)) << 2);
    const end = load<u32>(count);
    store<u32>(count, end + 1);
    store<u32>(sorted + (end << 2), load<u32>(ids + (i << 2)));
  }
  return wideCount;
}
