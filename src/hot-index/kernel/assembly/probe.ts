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
  TOUCH_BYTES,
  TOUCHED,
} from "./layout";
import { verifyRows } from "./verify";

/** Bytes of a range: the places of its first row and behind its last one, the chunk, and how far the next one may be. */
const RANGE_BYTES: u32 = 16;
const LINE_BYTES: u32 = 64;

/**
 * Looks up every value within the chunks' radii of one hash and compares the rows found there. It is done in steps, each
 * for all there is, because the answers of the memory overlap then: where ranges start, their next chunks, the ids of
 * the rows whose next chunk is near enough, those rows. True when the search must stop.
 */
export function probe(scratch: u32, hash: u32, threshold: u32): bool {
  const query = scratch + QUERY + (hash << 5);
  const ranges = load<u32>(scratch, RANGES);
  const full = ranges + RANGES_MAX * RANGE_BYTES;
  const masks = load<u32>(HEADER, MASKS);
  let end = ranges;
  for (let chunk: u32 = 0; chunk < CHUNKS; chunk++) {
    const radius = load<i32>(scratch + (chunk << 2), RADII);
    if (radius < 0) continue;
    const value = <u32>load<u16>(query + (chunk << 1));
    const starts = load<u32>(CHUNK_RECORDS + chunk * CHUNK_RECORD_BYTES, STARTS);
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
        if (end < full) continue;
        if (searchRanges(scratch, hash, threshold, ranges, end)) return true;
        end = ranges;
      }
    }
  }
  return searchRanges(scratch, hash, threshold, ranges, end);
}

/** Compares those rows of the ranges whose next chunk is near enough. True when the search must stop. */
function searchRanges(scratch: u32, hash: u32, threshold: u64, ranges: u32, rangesEnd: u32): bool {
  touch(scratch, ranges, rangesEnd);
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
        store<u32>(end, ids + (place + ctz<u32>(lanes)) * ID_BYTES);
        end += 4;
      }
      if (end < full) continue;
      if (verifyCandidates(scratch, hash, threshold, candidates, end)) return true;
      end = candidates;
    }
  }
  return verifyCandidates(scratch, hash, threshold, candidates, end);
}

/** Reads a byte of each cache line that a range probably has, so that all are under way at once. */
function touch(scratch: u32, ranges: u32, rangesEnd: u32): void {
  const bytes = load<u32>(HEADER, TOUCH_BYTES);
  let sum: u32 = 0;
  for (let range = ranges; range < rangesEnd; range += RANGE_BYTES) {
    const nexts = load<u32>(CHUNK_RECORDS + load<u32>(range, 8) * CHUNK_RECORD_BYTES, NEXTS);
    const first = nexts + (load<u32>(range) << 1);
    for (let line = first; line < first + bytes; line += LINE_BYTES) sum += load<u8>(line);
  }
  // Else the compiler would leave the reading out.
  store<u32>(scratch, sum, TOUCHED);
}

/** Compares the rows whose ids stand at the addresses in from..to. */
function verifyCandidates(scratch: u32, hash: u32, threshold: u64, from: u32, to: u32): bool {
  for (let at = from; at < to; at += 4) store<u32>(at, load<u32>(load<u32>(at)) & 0xff_ffff);
  return verifyRows(scratch, hash, threshold, from, to);
}
