import type { IndexBits } from "./bit-order.ts";

/**
 * Multi-index hashing: a 256-bit hash in index order is cut into these eleven chunks (widths in bits, first chunk
 * first). Each has an expression index in the migrations.
 *
 * Norouzi, Punjani, Fleet: Fast Exact Search in Hamming Space with Multi-Index Hashing, 2014.
 */
export const CHUNK_WIDTHS: readonly number[] = [24, 24, 24, 23, 23, 23, 23, 23, 23, 23, 23];

/** Where each chunk starts, in bits from the first bit of the hash. */
export const CHUNK_STARTS: readonly number[] = CHUNK_WIDTHS.map((_, chunk) =>
  CHUNK_WIDTHS.slice(0, chunk).reduce((sum, width) => sum + width, 0),
);

/** The most probes {@link probesFor} makes for one hash: far above any number that is cheaper than reading all rows. */
export const PROBES_PER_HASH_MAX = 1_000_000;

const HASH_BITS = 256;

/**
 * How far each chunk must be searched, in bits, so that no row within `threshold` bits of the query is missed; -1 for a
 * chunk that needn't be. If every chunk i differed by more than r_i bits, the hashes would differ by at least
 * sum(r_i + 1) bits; that sum is threshold + 1, so at least one chunk is within its radius (Qin et al.: GPH, ICDE 2018).
 * The wide chunks, which have more values at a radius, get the smaller radii.
 *
 * @param threshold whole bits, 0..256
 */
export function radiiFor(threshold: number): number[] {
  if (!Number.isInteger(threshold) || threshold < 0 || threshold > HASH_BITS) {
    throw new RangeError(`Expected a threshold of 0 to ${HASH_BITS} bits but received ${threshold}`);
  }
  const chunks = CHUNK_WIDTHS.length;
  const everywhere = Math.floor((threshold + 1) / chunks) - 1;
  const larger = (threshold + 1) % chunks;
  return CHUNK_WIDTHS.map((_, chunk) => (chunk >= chunks - larger ? everywhere + 1 : everywhere));
}

/** How many chunk values are looked up for one hash at this threshold (0..256 bits). */
export function probeCount(threshold: number): number {
  const radii = radiiFor(threshold);
  return CHUNK_WIDTHS.reduce((sum, width, chunk) => sum + ballSize(width, radii[chunk] ?? -1), 0);
}

/** The share of evenly spread rows (0..1) that the probes of one hash lead to, those found in several chunks more than once. */
export function candidateShare(threshold: number): number {
  const radii = radiiFor(threshold);
  return CHUNK_WIDTHS.reduce((sum, width, chunk) => sum + ballSize(width, radii[chunk] ?? -1) / 2 ** width, 0);
}

/**
 * All values to look up in each chunk's index, for all hashes together: eleven arrays, each ascending and without
 * repeats (empty where the chunk needn't be searched).
 *
 * @param radiiOf of each hash, where they are not to be those of {@link radiiFor}; any that sum up to as much will do.
 * @throws RangeError when one hash would need more than {@link PROBES_PER_HASH_MAX} probes, or radii could miss a row.
 */
export function probesFor(
  hashes: readonly IndexBits[],
  threshold: number,
  radiiOf: readonly (readonly number[])[] = hashes.map(() => radiiFor(threshold)),
): Int32Array[] {
  const searched = hashes.map((hash, i) => ({ values: chunkValues(hash), radii: checkedRadii(radiiOf[i], threshold) }));
  return CHUNK_WIDTHS.map((width, chunk) => {
    const masks = searched.map(({ radii }) => masksWithin(width, radii[chunk] ?? -1));
    const probes = new Int32Array(masks.reduce((sum, { length }) => sum + length, 0));
    let end = 0;
    masks.forEach((ofHash, hash) => {
      const value = searched[hash]?.values[chunk] ?? 0;
      for (let i = 0; i < ofHash.length; i++) probes[end++] = value ^ (ofHash[i] ?? 0);
    });
    return withoutRepeats(probes.sort());
  });
}

function checkedRadii(radii: readonly number[] | undefined, threshold: number): readonly number[] {
  const sum = radii?.reduce((before, radius) => before + radius + 1, 0) ?? 0;
  if (radii === undefined || !(sum > threshold) || radii.some((radius) => !Number.isInteger(radius) || radius < -1)) {
    throw new RangeError(`Expected radii that reach ${threshold} bits but received ${radii}`);
  }
  const count = CHUNK_WIDTHS.reduce((before, width, chunk) => before + ballSize(width, radii[chunk] ?? -1), 0);
  if (radii.length !== CHUNK_WIDTHS.length || count > PROBES_PER_HASH_MAX) {
    throw new RangeError(`Expected at most ${PROBES_PER_HASH_MAX} probes but ${threshold} bits need ${count}`);
  }
  return radii;
}

/** The eleven chunks of a hash as numbers, as `substring(bits, start, width)::int4` gives them. */
export function chunkValues(hash: IndexBits): Int32Array {
  const bytes = Buffer.alloc(HASH_BITS / 8 + 4);
  if (hash.length !== 1 + HASH_BITS / 4 || bytes.write(hash.slice(1), "hex") !== HASH_BITS / 8) {
    throw new RangeError(`Expected x and ${HASH_BITS / 4} hex digits for a hash but received ${hash}`);
  }
  return Int32Array.from(CHUNK_WIDTHS, (width, chunk) => {
    const start = CHUNK_STARTS[chunk] ?? 0;
    const window = bytes.readUInt32BE(start >> 3);
    return (window >>> (32 - (start & 7) - width)) & ((1 << width) - 1);
  });
}

/** Number of values of `width` bits within `radius` bits of one value. */
export function ballSize(width: number, radius: number): number {
  let size = 0;
  let ofWeight = 1;
  for (let weight = 0; weight <= Math.min(radius, width); weight++) {
    size += ofWeight;
    ofWeight = (ofWeight * (width - weight)) / (weight + 1);
  }
  return size;
}

const keptMasks = new Map<string, Int32Array>();

/** All numbers of `width` bits with at most `radius` bits set. */
function masksWithin(width: number, radius: number): Int32Array {
  const key = `${width}/${radius}`;
  const kept = keptMasks.get(key);
  if (kept !== undefined) return kept;
  const masks = new Int32Array(ballSize(width, radius));
  let end = 0;
  function add(mask: number, firstBit: number, left: number): void {
    masks[end++] = mask;
    if (left === 0) return;
    for (let bit = firstBit; bit < width; bit++) add(mask | (1 << bit), bit + 1, left - 1);
  }
  if (radius >= 0) add(0, 0, radius);
  keptMasks.set(key, masks);
  return masks;
}

function withoutRepeats(sorted: Int32Array): Int32Array {
  let end = 0;
  for (let i = 0; i < sorted.length; i++) {
    if (i === 0 || sorted[i] !== sorted[i - 1]) sorted[end++] = sorted[i] ?? 0;
  }
  return sorted.subarray(0, end);
}
