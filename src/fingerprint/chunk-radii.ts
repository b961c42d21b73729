import type { IndexBits } from "./bit-order.ts";
import { ballSize, CHUNK_WIDTHS, chunkValues } from "./chunks.ts";

/**
 * How often the values of one chunk occur: the common ones with their shares of all rows (0..1). The rows left over are
 * taken to be spread evenly over all values.
 */
export interface ChunkShares {
  readonly values: Int32Array;
  readonly shares: Float64Array;
}

/** What is known of a table's rows. */
export interface ChunkStatistics {
  readonly rows: number;
  /** Of each chunk, first chunk first. */
  readonly chunks: readonly ChunkShares[];
}

/** In the same unit of time, any. */
export interface ProbeCosts {
  /** Of looking up one value in an index. */
  readonly probe: number;
  /** Of comparing one row. */
  readonly candidate: number;
}

export interface AllocatedRadii {
  /** As of `radiiFor`: bits, -1 for a chunk that needn't be searched. */
  readonly radii: readonly number[];
  /** What probing is expected to take. */
  readonly cost: number;
}

/** Balls of more bits have more values than a search should look up. */
const RADIUS_MAX = 6;

/**
 * The radii that are expected to find all rows within `threshold` bits at the least cost, by dynamic programming over
 * sum(r_i + 1) = threshold + 1. Whatever the statistics say, no row is missed: only the cost depends on them. Null where
 * the threshold needs larger balls than any search should probe.
 *
 * Qin, Wang, Xiao, Wang, Lin, Ishikawa: GPH: Similarity Search in Hamming Space, ICDE 2018.
 */
export function allocateRadii(
  hash: IndexBits,
  threshold: number,
  statistics: ChunkStatistics,
  costs: ProbeCosts,
): AllocatedRadii | null {
  const values = chunkValues(hash);
  const needed = threshold + 1;
  // least[s]: of the chunks so far, with sum(r_i + 1) = s.
  let least = new Float64Array(needed + 1).fill(Number.POSITIVE_INFINITY);
  least[0] = 0;
  const chosen = CHUNK_WIDTHS.map((width, chunk) => {
    const byRadius = costsByRadius(width, values[chunk] ?? 0, statistics, chunk, costs);
    const choice = new Uint8Array(needed + 1);
    const next = new Float64Array(needed + 1).fill(Number.POSITIVE_INFINITY);
    for (let sum = 0; sum <= needed; sum++) {
      for (let more = 0; more < byRadius.length && sum + more <= needed; more++) {
        const cost = (least[sum] ?? 0) + (byRadius[more] ?? 0);
        if (cost >= (next[sum + more] ?? 0)) continue;
        next[sum + more] = cost;
        choice[sum + more] = more;
      }
    }
    least = next;
    return choice;
  });
  const cost = least[needed] ?? Number.POSITIVE_INFINITY;
  if (cost === Number.POSITIVE_INFINITY) return null;
  const radii: number[] = [];
  let left = needed;
  for (const choice of chosen.toReversed()) {
    const more = choice[left] ?? 0;
    radii.unshift(more - 1);
    left -= more;
  }
  return { radii, cost };
}

/** What searching one chunk costs, by its radius plus one: 0 for not at all, up to RADIUS_MAX + 1. */
function costsByRadius(
  width: number,
  value: number,
  { rows, chunks }: ChunkStatistics,
  chunk: number,
  costs: ProbeCosts,
): number[] {
  // Indexed loops: there may be ten thousand common values, and this runs for every hash searched for.
  const shareAt = new Float64Array(33);
  const common = chunks[chunk]?.values ?? new Int32Array();
  const shares = chunks[chunk]?.shares ?? new Float64Array();
  let rest = 1;
  for (let i = 0; i < common.length; i++) {
    const share = plausible(shares[i]);
    const distance = bitCount((common[i] ?? 0) ^ value);
    shareAt[distance] = (shareAt[distance] ?? 0) + share;
    rest -= share;
  }
  const evenly = Math.max(0, rest) / 2 ** width;
  let share = 0;
  const byRadius = [0];
  for (let radius = 0; radius <= RADIUS_MAX; radius++) {
    share += shareAt[radius] ?? 0;
    const probes = ballSize(width, radius);
    byRadius.push(probes * costs.probe + rows * (share + probes * evenly) * costs.candidate);
  }
  return byRadius;
}

/** Statistics decide what a search costs and must not be able to make it fail. */
function plausible(share: number | undefined): number {
  return share !== undefined && share > 0 && share <= 1 ? share : 0;
}

/** Bits set in the lowest 32. */
function bitCount(value: number): number {
  const pairs = value - ((value >>> 1) & 0x55555555);
  const nibbles = (pairs & 0x33333333) + ((pairs >>> 2) & 0x33333333);
  return Math.imul((nibbles + (nibbles >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}
