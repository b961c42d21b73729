import type { MatchRule } from "./decision.ts";
import { NEURAL_THRESHOLD, NEURAL_VECTOR_THRESHOLD } from "./neural-threshold.ts";

/**
 * The rule of a list that names no thresholds. PDQ's is what its authors recommend; blockhash's is narrow, since flat
 * pictures collide by it. Where both agree, much wider distances hold: of 300,700 pairs of different photos, in all
 * symmetries, whole and trimmed, none has both (the nearest are 54 and 64, 58 and 26, 62 and 19 bits apart; docs/matching.md).
 * 43 bits are also the last before an index of eleven chunks has to be searched a bit further.
 */
export const DEFAULT_MATCH_RULE: MatchRule = {
  pdq: 31,
  blockhash: 10,
  agreement: { pdq: 54, blockhash: 43 },
  neural: NEURAL_THRESHOLD,
  neuralVector: NEURAL_VECTOR_THRESHOLD,
};
