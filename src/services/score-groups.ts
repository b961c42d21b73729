import type { Scores } from "../scores.ts";
import type { ModelFacts } from "./context.ts";

/** A model's scores in three groups, each the sum of its labels' scores, 0..1; together about 1. */
export interface ScoreGroups {
  readonly unsafe: number;
  readonly suggestive: number;
  readonly safe: number;
}

/** Sums scores by what the model's sidecar says of its labels. All are 0 where there are no scores. */
export function groupScores(
  scores: Scores,
  model: Pick<ModelFacts, "labels" | "unsafeLabels" | "suggestiveLabels">,
): ScoreGroups {
  const sum = (labels: readonly string[]) =>
    Math.min(
      1,
      labels.reduce((total, label) => total + (scores[label] ?? 0), 0),
    );
  const others = model.labels.filter((label) => ![...model.unsafeLabels, ...model.suggestiveLabels].includes(label));
  return { unsafe: sum(model.unsafeLabels), suggestive: sum(model.suggestiveLabels), safe: sum(others) };
}
