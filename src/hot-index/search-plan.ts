import { ballSize, CHUNK_VALUES, CHUNKS, HASH_BITS, RADIUS_MAX } from "./segment-layout.ts";

// Nanoseconds, measured by bench/hot-index.ts; only their ratios matter.
const PROBE_NS = 40;
const NEXT_NS = 0.5;
const SCAN_ROW_NS = 1.2;
const SCAN_HASH_NS = 0.8;

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
  const probes = radii.reduce((sum, radius) => sum + ballSize(radius), 0);
  const probeNs = probes * (PROBE_NS + (rows / CHUNK_VALUES) * NEXT_NS);
  return probeNs * hashes <= rows * (SCAN_ROW_NS + SCAN_HASH_NS * hashes) ? radii : null;
}
