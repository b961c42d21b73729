import {
  CANDIDATES,
  CANDIDATES_MAX,
  CHUNK_RECORD_BYTES,
  CHUNK_RECORDS,
  CHUNKS,
  HEADER,
  ID_BYTES,
  IDS,
  MASKS,
  NEXTS,
  QUERY,
  RADII,
  RANGES,
  RANGES_MAX,
  STARTS,
  TOUCHED,
} from "./layout";
import { verifyRows } from "./verify";

/** Bytes of a range: the places of its first row and behind its last one, the chunk, and how far the next one may be. */
const RANGE_BYTES: u32 = 16;
const LINE_BYTES: u32 = 64;
/** What is longer than this is fetched by the processor itself. */
const TOUCH_BYTES_MAX: u32 = 512;

/**
 * Looks up every value within the chunks' radii of one hash and compares the rows found there. All ranges of rows are
 * gathered first, and their memory touched, so that its answers overlap. True when the search must stop.
 */
export function probe(scratch: u32, hash: u32, threshold: u32): bool {
  const query = scratch + QUERY + (hash << 5);
  const ranges = load<u32>(scratch, RANGES);
  const full = ranges + RANGES_MAX * RANGE_BYTES;
  const masks = load<u32>(HEADER, MASKS);
  let end = ranges;
  let touched: u32 = 0;
  for (let chunk: u32 = 0; chunk < CHUNKS; chunk++) {
    const radius = load<i32>(scratch + (chunk << 2), RADII);
    if (radius < 0) continue;
    const record = CHUNK_RECORDS + chunk * CHUNK_RECORD_BYTES;
    const value = <u32>load<u16>(query + (chunk << 1));
    const starts = load<u32>(record, STARTS);
    const nexts = load<u32>(record, NEXTS);
    const both = radius + load<i32>(scratch + (((chunk + 1) % CHUNKS) << 2), RADII) + 1;
    for (let weight: i32 = 0; weight <= radius; weight++) {
      const last = load<u32>(masks + (weight << 2), 4);
      for (let mask = load<u32>(masks + (weight << 2)); mask < last; mask += 2) {
        const start = starts + ((value ^ <u32>load<u16>(mask)) << 2);
        const from = load<u32>(start);
        const to = load<u32>(start, 4);
        store<u32>(end, from);
        store<u32>(end, to, 4);
        store<u32>(end, chunk, 8);
        store<i32>(end, both - weight, 12);
        end += from < to ? RANGE_BYTES : 0;
        const lineEnd = nexts + min(to << 1, (from << 1) + TOUCH_BYTES_MAX);
        for (let line = nexts + (from << 1); line < lineEnd; line += LINE_BYTES) touched += load<u8>(line);
        if (end < full) continue;
        if (filterRanges(scratch, hash, threshold, ranges, end)) return true;
        end = ranges;
      }
    }
  }
  // Else the compiler would leave the touching out.
  store<u32>(scratch, touched, TOUCHED);
  return filterRanges(scratch, hash, threshold, ranges, end);
}

/** Compares those rows of the ranges whose next chunk is near enough. True when the search must stop. */
function filterRanges(scratch: u32, hash: u32, threshold: u64, ranges: u32, rangesEnd: u32): bool {
  const candidates = load<u32>(scratch, CANDIDATES);
  const full = candidates + (CANDIDATES_MAX << 2);
  const query = scratch + QUERY + (hash << 5);
  let end = candidates;
  for (let range = ranges; range < rangesEnd; range += RANGE_BYTES) {
    const to = load<u32>(range, 4);
    const chunk = load<u32>(range, 8);
    const record = CHUNK_RECORDS + chunk * CHUNK_RECORD_BYTES;
    const nexts = load<u32>(record, NEXTS);
    const ids = load<u32>(record, IDS);
    const next = i16x8.splat(load<u16>(query + (((chunk + 1) % CHUNKS) << 1)));
    const far = i16x8.splat(<i16>load<i32>(range, 12));
    for (let place = load<u32>(range); place < to; place += 8) {
      const differences = v128.xor(v128.load(nexts + (place << 1)), next);
      const distances = i16x8.extadd_pairwise_i8x16_u(i8x16.popcnt(differences));
      const near = i16x8.le_s(distances, far);
      if (!v128.any_true(near)) continue;
      let lanes = <u32>i16x8.bitmask(near);
      if (to - place < 8) lanes &= (1 << (to - place)) - 1;
      for (; lanes !== 0; lanes &= lanes - 1) {
        store<u32>(end, load<u32>(ids + (place + ctz<u32>(lanes)) * ID_BYTES) & 0xff_ffff);
        end += 4;
      }
      if (end < full) continue;
      if (verifyRows(scratch, hash, threshold, candidates, end)) return true;
      end = candidates;
    }
  }
  return verifyRows(scratch, hash, threshold, candidates, end);
}
