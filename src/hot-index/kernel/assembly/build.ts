import { ID_BYTES } from "./layout";

/**
 * The chunk and the one after it of the rows from..to, as u32, the chunk low: `chunk` and `next` are where those of row
 * 0 lie, 16 bytes a row.
 */
export function chunkPairs(chunk: u32, next: u32, from: u32, to: u32, pairs: u32): void {
  for (let row = from; row < to; row++) {
    const pair = <u32>load<u16>(chunk + (row << 4)) | (<u32>load<u16>(next + (row << 4)) << 16);
    store<u32>(pairs + (row << 2), pair);
  }
}

/** Counts the pairs from..to by the high byte of the chunk. */
export function countPartitions(pairs: u32, from: u32, to: u32, counts: u32): void {
  for (let row = from; row < to; row++) {
    const count = counts + (<u32>load<u8>(pairs + (row << 2), 1) << 2);
    store<u32>(count, load<u32>(count) + 1);
  }
}

/**
 * Sorts the rows from..to into their partitions, as u64: the row, the chunk's low byte from bit 32 on, the next chunk
 * from bit 48 on. `ends` is where each partition goes on.
 */
export function partitionRows(pairs: u32, from: u32, to: u32, ends: u32, sorted: u32): void {
  for (let row = from; row < to; row++) {
    const pair = load<u32>(pairs + (row << 2));
    const place = ends + (((pair >> 8) & 0xff) << 2);
    const end = load<u32>(place);
    store<u32>(place, end + 1);
    store<u64>(sorted + (end << 3), <u64>row | (<u64>(pair & 0xffff_00ff) << 32));
  }
}

/**
 * Orders one partition, places from..to, by the chunk's low byte: where each of its 256 values starts, and the rows' ids
 * and next chunks in that order. `ends` is room for 256 u32.
 */
export function sortPartition(
  sorted: u32,
  from: u32,
  to: u32,
  ends: u32,
  starts: u32,
  ids: u32,
  nexts: u32,
): void {
  memory.fill(ends, 0, 1024);
  for (let i = from; i < to; i++) {
    const count = ends + (<u32>load<u8>(sorted + (i << 3), 4) << 2);
    store<u32>(count, load<u32>(count) + 1);
  }
  let next = from;
  for (let value: u32 = 0; value < 1024; value += 4) {
    const rows = load<u32>(ends + value);
    store<u32>(ends + value, next);
    store<u32>(starts + value, next);
    next += rows;
  }
  for (let i = from; i < to; i++) {
    const record = sorted + (i << 3);
    const place = ends + (<u32>load<u8>(record, 4) << 2);
    const end = load<u32>(place);
    store<u32>(place, end + 1);
    const id = ids + end * ID_BYTES;
    store<u16>(id, load<u16>(record));
    store<u8>(id, load<u8>(record, 2), 2);
    store<u16>(nexts + (end << 1), load<u16>(record, 6));
  }
}
