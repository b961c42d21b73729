import { ballSize, CHUNK_BITS, CHUNK_VALUES, CHUNKS, HASH_BITS, RADIUS_MAX } from "./segment-layout.ts";

// Nanoseconds, measured by bench/hot-index.ts at 10 million rows; only their ratios matter.
const PROBE_NS = 30;
const NEXT_NS = 0.6;
const VERIFY_NS = 60;
const SCAN_ROW_NS = 0.3;
const SCAN_HASH_NS = 1.1;
/** From these thresholds on (bits) the first half of a row decides too little, so whole rows are compared. */
const WHOLE_ROWS_FROM = 48;

/**
 * How far each chunk must be searched so that no row within `threshold` bits is missed, or null where masks that wide
 * aren't kept. The radii r_i have sum(r_i + 1) = threshold + 1: were every chunk farther than its radius, the hashes
 * would be farther than the threshold (Qin et al.: GPH, ICDE 2018).
 *
 * Moreover one of the chunks within its radius is followed by one with which it is within r_i + r_next + 1: the excesses
 * d_i - (r_i + 1) of the sixteen chunks in a ring sum to less than 0, so from some chunk on all their partial sums are
 * below 0 (Qin, Xiao: Pigeonring, VLDB 2018). The kernel compares only rows of which that is true.
 */
export function radiiFor(threshold: number): readonly number[] | null {
  const everywhere = Math.floor((threshold + 1) / CHUNKS) - 1;
  const larger = (threshold + 1) % CHUNKS;
  const radii = Array.from({ length: CHUNKS }, (_, chunk) => (chunk < larger ? everywhere + 1 : everywhere));
  return threshold >= HASH_BITS || Math.max(...radii) > RADIUS_MAX ? null : radii;
}

/** The radii to probe a segment's chunks with, or null where reading all its rows is cheaper. */
export function planSearch(rows: number, threshold: number, hashes: number): readonly number[] | null {
  const radii = radiiFor(threshold);
  if (radii === null) return null;
  const scanNs = rows * (SCAN_ROW_NS + SCAN_HASH_NS * hashes) * (threshold < WHOLE_ROWS_FROM ? 1 : 2);
  return probeNs(rows, radii) * hashes <= scanNs ? radii : null;
}

/** What probing costs were the rows uniform. */
function probeNs(rows: number, radii: readonly number[]): number {
  const rowsOfValue = rows / CHUNK_VALUES;
  let cost = 0;
  radii.forEach((radius, chunk) => {
    const both = radius + (radii[(chunk + 1) % CHUNKS] ?? -1) + 1;
    for (let weight = 0; weight <= radius; weight++) {
      const probes = ballSize(weight) - ballSize(weight - 1);
      const verified = ballSize(Math.min(both - weight, CHUNK_BITS)) / CHUNK_VALUES;
      cost += probes * (PROBE_NS + rowsOfValue * (NEXT_NS + verified * VERIFY_NS));
    }
  });
  return cost;
}
