import { HASH_MEASURES, type HashMeasure, isPeer, largestWithout, NEURAL_STEP, type Tally } from "./measures.ts";
import { SHIPPED_RULES } from "./rules.ts";

/** The peers' users take hashes this near for the same: imagededup's default for pHash and dHash of 64 bits. */
export const CUSTOMARY_PEER_BITS = 10;

export type Thresholds = Readonly<Record<HashMeasure, number>>;

/** For each hash the largest threshold at which no two different photos match, in bits. */
export function thresholdsWithoutFalsePairs(pairs: Tally): Thresholds {
  return Object.fromEntries(HASH_MEASURES.map((measure) => [measure, largestWithout(pairs, measure)])) as Thresholds;
}

/** What the service ships for its own hashes, each as if it were alone; for the peers those without false pairs. */
export function shippedThresholds(pairs: Tally): Thresholds {
  const { pdq, blockhash } = SHIPPED_RULES.fast;
  const neural = Math.floor(SHIPPED_RULES.robust.neuralVector / NEURAL_STEP);
  return Object.fromEntries(
    HASH_MEASURES.map((measure) => {
      if (isPeer(measure)) return [measure, largestWithout(pairs, measure)];
      return [measure, measure === "neural" ? neural : measure.startsWith("pdq") ? pdq : blockhash];
    }),
  ) as Thresholds;
}
