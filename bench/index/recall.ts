import type { Check } from "./checks.ts";
import type { Found } from "./contender.ts";
import type { Corpus } from "./corpus.ts";
import { HASH_BYTES } from "./index-order.ts";

const ONES = Uint8Array.from({ length: 256 }, (_, byte) => byte.toString(2).replaceAll("0", "").length);

/**
 * The distances of what was found, computed from the rows.
 * @throws Error where a distance is not what was said, a row is not within the threshold, or one was found twice
 */
export function distancesOf(corpus: Corpus, check: Check, found: Found): number[] {
  const seen = new Set<number>();
  return Array.from(found.owners, (owner, i) => {
    const distance = Math.min(...check.hashes.map((hash) => distanceTo(corpus.rows, owner - 1, hash)));
    if (distance !== found.distances[i] || distance > check.threshold || seen.has(owner)) {
      const said = `${found.distances[i]} bits for owner ${owner}`;
      throw new Error(
        `Expected a row within ${check.threshold} bits, once, but received ${said}: it is at ${distance}`,
      );
    }
    seen.add(owner);
    return distance;
  });
}

function distanceTo(rows: Uint8Array, row: number, hash: Uint8Array): number {
  let distance = 0;
  for (let byte = 0; byte < HASH_BYTES; byte++) {
    distance += ONES[(rows[row * HASH_BYTES + byte] ?? 0) ^ (hash[byte] ?? 0)] ?? 0;
  }
  return distance;
}

/** How many rows at each distance the nearest `limit` of all rows are. */
export function expectedOf(truth: Uint32Array, limit: number | null): Uint32Array {
  let left = limit ?? Number.POSITIVE_INFINITY;
  return truth.map((rows) => {
    const taken = Math.min(rows, left);
    left -= taken;
    return taken;
  });
}

/** The share of the expected rows that was found, where any row of the same distance is as good; null where none is. */
export function recallOf(expected: Uint32Array, distances: readonly number[]): number | null {
  const total = expected.reduce((sum, rows) => sum + rows, 0);
  if (total === 0) return null;
  const found = new Uint32Array(expected.length);
  for (const distance of distances) found[distance] = (found[distance] ?? 0) + 1;
  return expected.reduce((sum, rows, distance) => sum + Math.min(rows, found[distance] ?? 0), 0) / total;
}
