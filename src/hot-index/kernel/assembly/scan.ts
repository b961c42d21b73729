import { HASHES, HEADER, PREFIXES, QUERY, RESTS } from "./layout";
import { report, restDistance } from "./verify";

/** From this threshold on the first half of a row decides too little: a branch on it would be mispredicted. */
const WHOLE_ROWS_FROM: u64 = 48;

/** Compares the rows from..to with all hashes. True when the search must stop. */
export function scan(scratch: u32, from: u32, to: u32, threshold: u32): bool {
  return load<u32>(scratch, HASHES) === 1 ? scanOne(scratch, from, to, threshold) : scanAll(scratch, from, to, threshold);
}

function scanOne(scratch: u32, from: u32, to: u32, threshold: u64): bool {
  const prefixes = load<u32>(HEADER, PREFIXES);
  const rests = load<u32>(HEADER, RESTS);
  const reject = threshold < WHOLE_ROWS_FROM ? threshold : 256;
  const query0 = load<u64>(scratch, QUERY);
  const query1 = load<u64>(scratch, QUERY + 8);
  const query2 = load<u64>(scratch, QUERY + 16);
  const query3 = load<u64>(scratch, QUERY + 24);
  for (let row = from; row < to; row++) {
    const prefix = prefixes + (row << 4);
    const half = popcnt<u64>(load<u64>(prefix) ^ query0) + popcnt<u64>(load<u64>(prefix, 8) ^ query1);
    if (half > reject) continue;
    if (half + restDistance(rests + (row << 4), query2, query3) > threshold) continue;
    if (report(scratch, row)) return true;
  }
  return false;
}

function scanAll(scratch: u32, from: u32, to: u32, threshold: u64): bool {
  const prefixes = load<u32>(HEADER, PREFIXES);
  const rests = load<u32>(HEADER, RESTS);
  const reject = threshold < WHOLE_ROWS_FROM ? threshold : 256;
  const firstQuery = scratch + QUERY;
  const lastQuery = firstQuery + (load<u32>(scratch, HASHES) << 5);
  for (let row = from; row < to; row++) {
    const prefix = prefixes + (row << 4);
    const bits0 = load<u64>(prefix);
    const bits1 = load<u64>(prefix, 8);
    for (let query = firstQuery; query < lastQuery; query += 32) {
      const half = popcnt<u64>(bits0 ^ load<u64>(query)) + popcnt<u64>(bits1 ^ load<u64>(query, 8));
      if (half > reject) continue;
      if (half + restDistance(rests + (row << 4), load<u64>(query, 16), load<u64>(query, 24)) > threshold) continue;
      if (report(scratch, row)) return true;
      break;
    }
  }
  return false;
}
