import { HAS } from "./record.ts";
import { RULE_NAMES } from "./rules.ts";

/**
 * What is measured between a picture and a base. `upright`: the whole picture against the whole base. `turned`: in all
 * eight symmetries. Without either: whole and trimmed, in all symmetries, against the base whole and trimmed.
 */
export const HASH_MEASURES = [
  "pdq upright",
  "pdq turned",
  "pdq",
  "blockhash upright",
  "blockhash turned",
  "blockhash",
  "neural",
  "pHash",
  "dHash",
] as const;
export type HashMeasure = (typeof HASH_MEASURES)[number];

/** A rule counts as a distance of 0 where it matches. */
export const MEASURES = [...HASH_MEASURES, ...RULE_NAMES] as const;
export type Measure = (typeof MEASURES)[number];

/**
 * Neural vectors are told apart in steps of so many thousandths of 1 - cosine, where their hashes are near enough to be found;
 * others are FAR.
 */
export const NEURAL_STEP = 5;

/** Distances of this and more are not told apart; a hash that is missing is as far. */
export const FAR = 129;

/** Bits of a measure's hash. */
export function bitsOf(measure: HashMeasure): number {
  return isPeer(measure) ? 64 : 256;
}

export function isPeer(measure: Measure): boolean {
  return measure === "pHash" || measure === "dHash";
}

/** How many comparisons came out at each distance, 0..FAR, by measure. */
export interface Tally {
  readonly counts: Readonly<Record<Measure, Uint32Array>>;
}

export function emptyTally(): Tally {
  return {
    counts: Object.fromEntries(MEASURES.map((measure) => [measure, new Uint32Array(FAR + 1)])) as Tally["counts"],
  };
}

export function addTally(to: Tally, from: Tally): void {
  for (const measure of MEASURES) {
    from.counts[measure].forEach((count, distance) => {
      to.counts[measure][distance]! += count;
    });
  }
}

/**
 * Counts a comparison by every measure; by those of the peers and of the model only where both pictures have them.
 * @param distances by the order of MEASURES
 * @param has the HAS of both
 */
export function countDistances({ counts }: Tally, distances: Uint8Array, has: number): void {
  for (let i = 0; i < MEASURES.length; i++) {
    const measure = MEASURES[i]!;
    if (isPeer(measure) && !(has & HAS.peers)) continue;
    if (measure === "neural" && !(has & HAS.neural)) continue;
    counts[measure][distances[i]!]! += 1;
  }
}

export function comparisons({ counts }: Tally, measure: Measure): number {
  return counts[measure].reduce((sum, count) => sum + count, 0);
}

/** Comparisons within `threshold`, inclusive. */
export function within({ counts }: Tally, measure: Measure, threshold: number): number {
  return counts[measure].subarray(0, threshold + 1).reduce((sum, count) => sum + count, 0);
}

/** The largest threshold within which nothing lies, in bits; -1 where something is at distance 0. */
export function largestWithout({ counts }: Tally, measure: HashMeasure): number {
  const nearest = counts[measure].findIndex((count) => count > 0);
  return (nearest < 0 ? Math.min(FAR, bitsOf(measure)) : nearest) - 1;
}

/** Share of the comparisons within `threshold`, 0..1; null where there are none. */
export function share(tally: Tally, measure: Measure, threshold: number): number | null {
  const total = comparisons(tally, measure);
  return total === 0 ? null : within(tally, measure, threshold) / total;
}
