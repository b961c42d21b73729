// AssemblyScript: reads rows of 32 bytes one after another. Compiled by bench/index/scan-kernel.ts when the bench starts.

/** Bits in which the row at `row` differs from the hash `a b c d`; above 128 + `bound` only a lower limit of them. */
function distance(row: usize, a: u64, b: u64, c: u64, d: u64, bound: u32): u32 {
  const half = <u32>(popcnt(load<u64>(row) ^ a) + popcnt(load<u64>(row, 8) ^ b));
  if (half > bound) return half;
  return half + <u32>(popcnt(load<u64>(row, 16) ^ c) + popcnt(load<u64>(row, 24) ^ d));
}

/** Least distance to one of `count` hashes at `hashes`, or some number above `bound`. */
function nearest(row: usize, hashes: usize, count: u32, bound: u32): u32 {
  let least = bound + 1;
  for (let end = hashes + ((<usize>count) << 5), hash = hashes; hash < end; hash += 32) {
    const found = distance(row, load<u64>(hash), load<u64>(hash, 8), load<u64>(hash, 16), load<u64>(hash, 24), bound);
    if (found < least) least = found;
  }
  return least;
}

/**
 * The rows within `threshold` bits of one of `count` hashes: number and distance (u32 each) of every row that was among
 * the `limit` nearest when it was read, at `out`; at most `capacity` of them. `counts` is room for 257 numbers (u32).
 * Answers how many there are.
 */
export function scan(
  rows: usize, from: u32, to: u32, hashes: usize, count: u32, threshold: u32, limit: u32, counts: usize, out: usize, capacity: u32,
): u32 {
  memory.fill(counts, 0, 257 * 4);
  const a = load<u64>(hashes);
  const b = load<u64>(hashes, 8);
  const c = load<u64>(hashes, 16);
  const d = load<u64>(hashes, 24);
  let bound = <i32>threshold;
  let within: u32 = 0;
  let found: u32 = 0;
  let row = rows + ((<usize>from) << 5);
  for (let i = from; i < to; i++, row += 32) {
    const bits = count == 1 ? distance(row, a, b, c, d, bound) : nearest(row, hashes, count, bound);
    if (<i32>bits > bound) continue;
    if (found == capacity) return found;
    const place = out + ((<usize>found) << 3);
    store<u32>(place, i);
    store<u32>(place, bits, 4);
    found++;
    within++;
    const slot = counts + ((<usize>bits) << 2);
    store<u32>(slot, load<u32>(slot) + 1);
    // Rows as far as the bound are needed no more once nearer ones alone fill the limit.
    while (bound >= 0 && within - load<u32>(counts + ((<usize>bound) << 2)) >= limit) {
      within -= load<u32>(counts + ((<usize>bound) << 2));
      bound--;
    }
  }
  return found;
}

/**
 * How many rows are at each distance up to `threshold` from the nearest of `count` hashes: added to the numbers (u32) at
 * `counts`.
 */
export function tally(
  rows: usize, from: u32, to: u32, hashes: usize, count: u32, threshold: u32, counts: usize,
): void {
  const a = load<u64>(hashes);
  const b = load<u64>(hashes, 8);
  const c = load<u64>(hashes, 16);
  const d = load<u64>(hashes, 24);
  let row = rows + ((<usize>from) << 5);
  for (let i = from; i < to; i++, row += 32) {
    const bits = count == 1 ? distance(row, a, b, c, d, threshold) : nearest(row, hashes, count, threshold);
    if (bits > threshold) continue;
    const slot = counts + ((<usize>bits) << 2);
    store<u32>(slot, load<u32>(slot) + 1);
  }
}

/** Reads `bytes` bytes (a multiple of 128) once, in eight streams: what a scan can't be faster than. */
export function read(from: usize, bytes: usize): u64 {
  const part = bytes >> 3;
  let s0 = i64x2.splat(0);
  let s1 = i64x2.splat(0);
  let s2 = i64x2.splat(0);
  let s3 = i64x2.splat(0);
  for (let p0 = from, end = from + part; p0 < end; p0 += 16) {
    const p4 = p0 + 4 * part;
    s0 = i64x2.add(s0, v128.load(p0));
    s1 = i64x2.add(s1, v128.load(p0 + part));
    s2 = i64x2.add(s2, v128.load(p0 + 2 * part));
    s3 = i64x2.add(s3, v128.load(p0 + 3 * part));
    s0 = i64x2.add(s0, v128.load(p4));
    s1 = i64x2.add(s1, v128.load(p4 + part));
    s2 = i64x2.add(s2, v128.load(p4 + 2 * part));
    s3 = i64x2.add(s3, v128.load(p4 + 3 * part));
  }
  const sum = i64x2.add(i64x2.add(s0, s1), i64x2.add(s2, s3));
  return i64x2.extract_lane(sum, 0) + i64x2.extract_lane(sum, 1);
}
