import { ballSize, HASH_BITS, RADIUS_MAX } from "./segment-layout.ts";

// Nanoseconds, measured by bench/hot-index.ts; only their ratios matter.
const PROBE_NS = 10;
const CANDIDATE_NS = 15;
const SCAN_ROW_NS = 1.2;
const SCAN_HASH_NS = 0.8;

/**
 * How far each chunk must be searched so that no row within `threshold` bits is missed, or null where masks that wide
 * aren't kept. The radii r_i have sum(r_i + 1) = threshold + 1: were every chunk farther than its radius, the hashes
 * would be farther than the threshold (Qin et al.: GPH, ICDE 2018). The narrow chunks, the last ones, get the larger.
 */
export function radiiFor(widths: readonly number[], threshold: number): readonly number[] | null {
  if (widths.length === 0 || threshold >= HASH_BITS) return null;
  const everywhere = Math.floor((threshold + 1) / widths.length) - 1;
  const larger = (threshold + 1) % widths.length;
  const radii = widths.map((_, chunk) => (chunk >= widths.length - larger ? everywhere + 1 : everywhere));
  return Math.max(...radii) > RADIUS_MAX ? null : radii;
}

/** The radii to probe a segment's chunks with, or null where reading all its rows is cheaper. */
export function planSearch(
  rows: number,
  widths: readonly number[],
  threshold: number,
  hashes: number,
): readonly number[] | null {
  const radii = radiiFor(widths, threshold);
  if (radii === null) return null;
  let probeNs = 0;
  widths.forEach((width, chunk) => {
    probeNs += ballSize(width, radii[chunk] as number) * (PROBE_NS + (rows / 2 ** width) * CANDIDATE_NS);
  });
  return probeNs * hashes <= rows * (SCAN_ROW_NS + SCAN_HASH_NS * hashes) ? radii : null;
}
