import type { Attack, Family } from "./attack.ts";
import type { Judgement } from "./judge.ts";
import { addTally, emptyTally, type HashMeasure, type Measure, share, type Tally } from "./measures.ts";
import type { EvalPhoto } from "./photos.ts";
import { shippedThresholds, type Thresholds, thresholdsWithoutFalsePairs } from "./thresholds.ts";

/** All that a run has found. */
export interface Evaluation {
  readonly photos: readonly EvalPhoto[];
  readonly attacks: readonly Attack[];
  readonly judgement: Judgement;
  readonly shipped: Thresholds;
  /** The largest thresholds at which no two different photos match. */
  readonly withoutFalsePairs: Thresholds;
}

export function evaluationOf(
  photos: readonly EvalPhoto[],
  attacks: readonly Attack[],
  judgement: Judgement,
): Evaluation {
  return {
    photos,
    attacks,
    judgement,
    shipped: shippedThresholds(judgement.pairs),
    withoutFalsePairs: thresholdsWithoutFalsePairs(judgement.pairs),
  };
}

/** The tallies of some attacks' copies as one. */
export function copiesOf({ attacks, judgement }: Evaluation, chosen: (attack: Attack) => boolean): Tally {
  const sum = emptyTally();
  for (const [i, attack] of attacks.entries()) {
    if (chosen(attack)) addTally(sum, judgement.copies[i]!);
  }
  return sum;
}

export function copiesOfFamily(evaluation: Evaluation, family: Family): Tally {
  return copiesOf(evaluation, (attack) => attack.family === family);
}

/** Share of copies (0..1) that a hash finds at its threshold, or a rule by itself. */
export function recall(tally: Tally, measure: Measure, thresholds: Thresholds): number | null {
  return share(tally, measure, measure in thresholds ? thresholds[measure as HashMeasure] : 0);
}
