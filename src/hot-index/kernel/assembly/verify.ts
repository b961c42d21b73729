import { CAPACITY, FOUND, FOUND_AT, HASHES, HEADER, PREFIXES, QUERY, RESTS, SEEN } from "./layout";

/**
 * Writes a row down, once a search: its distance to the nearest hash and that hash's place, as
 * row * 8192 + distance * 16 + place. True when the search must stop, because no more may be found.
 */
export function report(scratch: u32, row: u32): bool {
  const seen = load<u32>(scratch, SEEN) + (row >> 3);
  const bit = (<u8>1 << <u8>(row & 7));
  const others = load<u8>(seen);
  if (others & bit) return false;
  store<u8>(seen, others | bit);
  const prefix = load<u32>(HEADER, PREFIXES) + (row << 4);
  const rest = load<u32>(HEADER, RESTS) + (row << 4);
  const hashes = load<u32>(scratch, HASHES);
  let nearest: u32 = 8191;
  for (let place: u32 = 0; place < hashes; place++) {
    const query = scratch + QUERY + (place << 5);
    const distance = <u32>(
      popcnt<u64>(load<u64>(prefix) ^ load<u64>(query)) +
      popcnt<u64>(load<u64>(prefix, 8) ^ load<u64>(query, 8)) +
      popcnt<u64>(load<u64>(rest) ^ load<u64>(query, 16)) +
      popcnt<u64>(load<u64>(rest, 8) ^ load<u64>(query, 24))
    );
    nearest = min(nearest, (distance << 4) | place);
  }
  const found = load<u32>(scratch, FOUND);
  store<f64>(load<u32>(scratch, FOUND_AT) + (found << 3), <f64>row * 8192.0 + <f64>nearest);
  store<u32>(scratch, found + 1, FOUND);
  return found + 1 >= load<u32>(scratch, CAPACITY);
}

/** Distance of the second half of a row, in bits. */
// @ts-ignore: decorator
@inline
export function restDistance(rest: u32, query2: u64, query3: u64): u64 {
  return popcnt<u64>(load<u64>(rest) ^ query2) + popcnt<u64>(load<u64>(rest, 8) ^ query3);
}

/** Compares the rows whose ids stand at from..to with one hash. True when the search must stop. */
export function verifyRows(scratch: u32, hash: u32, threshold: u64, from: u32, to: u32): bool {
  const prefixes = load<u32>(HEADER, PREFIXES);
  const rests = load<u32>(HEADER, RESTS);
  const query = scratch + QUERY + (hash << 5);
  const query0 = load<u64>(query);
  const query1 = load<u64>(query, 8);
  const query2 = load<u64>(query, 16);
  const query3 = load<u64>(query, 24);
  for (let at = from; at < to; at += 4) {
    const row = load<u32>(at);
    const prefix = prefixes + (row << 4);
    const half = popcnt<u64>(load<u64>(prefix) ^ query0) + popcnt<u64>(load<u64>(prefix, 8) ^ query1);
    if (half <= threshold && half + restDistance(rests + (row << 4), query2, query3) <= threshold) {
      if (report(scratch, row)) return true;
    }
  }
  return false;
}

/** Takes the marks of the found rows away again. Rows marked for good are never found, so theirs stay. */
export function forget(scratch: u32): void {
  const seen = load<u32>(scratch, SEEN);
  const from = load<u32>(scratch, FOUND_AT);
  const to = from + (load<u32>(scratch, FOUND) << 3);
  for (let at = from; at < to; at += 8) {
    const row = <u32>(load<f64>(at) / 8192.0);
    store<u8>(seen + (row >> 3), load<u8>(seen + (row >> 3)) & ~(<u8>1 << <u8>(row & 7)));
  }
  store<u32>(scratch, 0, FOUND);
}
