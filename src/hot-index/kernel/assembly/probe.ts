import {
  BASES,
  BLOCK_BITS,
  BLOCK_VALUES,
  CANDIDATES,
  CANDIDATES_MAX,
  CHUNK_RECORD_BYTES,
  CHUNK_RECORDS,
  CHUNKS,
  ENDS,
  HEADER,
  HIGH_MASKS,
  IDS,
  IS_WIDE,
  LOW_MASKS,
  QUERY,
  RADII,
  RANGES,
  RANGES_MAX,
  START,
  WIDE,
  WIDE_VALUES,
  WIDTH,
} from "./layout";
import { verifyRows } from "./verify";

/** The value of the chunk in a hash of eight words. */
// @ts-ignore: decorator
@inline
function chunkOf(query: u32, start: u32, width: u32): u32 {
  const words = query + ((start >> 5) << 2);
  // The word after the last one is the next hash's or a reserve: its bits are shifted out.
  const word = (<u64>load<u32>(words) << 32) | load<u32>(words, 4);
  return <u32>(word >> (64 - (start & 31) - width)) & ((1 << width) - 1);
}

/**
 * Looks up every value within the chunks' radii of one hash and compares the rows found there. Ranges of row ids are
 * gathered first, ids next, rows last, so that the memory's answers overlap. True when the search must stop.
 */
export function probe(scratch: u32, hash: u32, threshold: u32): bool {
  const chunks = load<u32>(HEADER, CHUNKS);
  const query = scratch + QUERY + (hash << 5);
  const ranges = load<u32>(scratch, RANGES);
  const full = ranges + ((RANGES_MAX - BLOCK_VALUES) << 3);
  let end = ranges;
  for (let chunk: u32 = 0; chunk < chunks; chunk++) {
    const radius = load<i32>(scratch + (chunk << 2), RADII);
    if (radius < 0) continue;
    const record = CHUNK_RECORDS + chunk * CHUNK_RECORD_BYTES;
    const value = chunkOf(query, load<u32>(record, START), load<u32>(record, WIDTH));
    const high = load<u32>(record, HIGH_MASKS);
    for (let weight: i32 = 0; weight <= radius; weight++) {
      const from = load<u32>(high + (weight << 2));
      const to = load<u32>(high + (weight << 2), 4);
      const lows = lowMaskCount(radius - weight);
      for (let mask = from; mask < to; mask += 4) {
        end = probeBlock(record, (value >> BLOCK_BITS) ^ load<u32>(mask), value & (BLOCK_VALUES - 1), lows, end);
        if (end <= full) continue;
        if (verifyRanges(scratch, hash, threshold, ranges, end)) return true;
        end = ranges;
      }
    }
  }
  return verifyRanges(scratch, hash, threshold, ranges, end);
}

// @ts-ignore: decorator
@inline
function lowMaskCount(radius: i32): u32 {
  if (radius === 0) return 1;
  if (radius === 1) return 7;
  if (radius === 2) return 22;
  if (radius === 3) return 42;
  if (radius === 4) return 57;
  return radius === 5 ? 63 : 64;
}

// @ts-ignore: decorator
@inline
function probeBlock(record: u32, block: u32, low: u32, lows: u32, out: u32): u32 {
  const base = load<u32>(load<u32>(record, BASES) + (block << 2));
  const ids = load<u32>(record, IDS);
  let end = out;
  if (base & IS_WIDE) {
    const entry = load<u32>(record, WIDE) + (((base & ~IS_WIDE) * WIDE_VALUES) << 2);
    for (let i: u32 = 0; i < lows; i++) {
      const value = entry + ((low ^ <u32>load<u8>(HEADER + LOW_MASKS + i)) << 2);
      const first = load<u32>(value);
      const rows = load<u32>(value, 4) - first;
      store<u32>(end, ids + (first << 2));
      store<u32>(end, rows, 4);
      end += <u32>(rows > 0) << 3;
    }
    return end;
  }
  const ends = load<u32>(record, ENDS) + (block << BLOCK_BITS);
  const start = ids + (base << 2);
  for (let i: u32 = 0; i < lows; i++) {
    const value = low ^ <u32>load<u8>(HEADER + LOW_MASKS + i);
    const before = value === 0 ? 0 : <u32>load<u8>(ends + value - 1);
    const rows = <u32>load<u8>(ends + value) - before;
    store<u32>(end, start + (before << 2));
    store<u32>(end, rows, 4);
    end += <u32>(rows > 0) << 3;
  }
  return end;
}

function verifyRanges(scratch: u32, hash: u32, threshold: u64, from: u32, to: u32): bool {
  const candidates = load<u32>(scratch, CANDIDATES);
  const full = candidates + (CANDIDATES_MAX << 2);
  let end = candidates;
  for (let range = from; range < to; range += 8) {
    let ids = load<u32>(range);
    let rows = load<u32>(range, 4);
    while (rows > 4) {
      const some = min(rows, (full - end) >> 2);
      memory.copy(end, ids, some << 2);
      ids += some << 2;
      rows -= some;
      end += some << 2;
      if (end < full) break;
      if (verifyRows(scratch, hash, threshold, candidates, end)) return true;
      end = candidates;
    }
    v128.store(end, v128.load(ids));
    end += rows << 2;
    if (end < full) continue;
    if (verifyRows(scratch, hash, threshold, candidates, end)) return true;
    end = candidates;
  }
  return verifyRows(scratch, hash, threshold, candidates, end);
}
