import { AppError } from "../../errors.ts";
import type { Scores } from "../../scores.ts";
import type { ModelFacts } from "../../services/context.ts";
import { groupScores, type ScoreGroups } from "../../services/score-groups.ts";
import type { CategoryName } from "./words.ts";

export interface Categorizer {
  readonly id: string;
  readonly title: string;
  /** What each group of the model's labels is called. */
  readonly names: Readonly<Record<keyof ScoreGroups, CategoryName>>;
}

export interface Category {
  readonly name: CategoryName;
  /** 0..100, not rounded; never 0. */
  readonly confidence: number;
}

/**
 * The vendor's categorizers for adult content. The names of `nsfw_beta` are those of its pages. Its pages don't tell those of
 * `adult_content`, which followed it in 2024: these three are what programs that call the vendor look for.
 */
export const CATEGORIZERS: readonly Categorizer[] = [
  {
    id: "nsfw_beta",
    title: "NSFW Beta",
    names: { safe: "safe", suggestive: "underwear", unsafe: "nsfw" },
  },
  {
    id: "adult_content",
    title: "Adult Content",
    names: { safe: "safe", suggestive: "suggestive", unsafe: "explicit" },
  },
];

/** @throws AppError parameter_invalid, with the field `categorizer` */
export function findCategorizer(id: string): Categorizer {
  const found = CATEGORIZERS.find((categorizer) => categorizer.id === id);
  if (found !== undefined) return found;
  const known = CATEGORIZERS.map((categorizer) => categorizer.id).join(" or ");
  throw new AppError("parameter_invalid", `Expected ${known} for the categorizer but received another`, {
    field: "categorizer",
  });
}

/** A picture's categories by confidence, the highest first; those of confidence 0 are left out, as the vendor does. */
export function categorize(
  categorizer: Categorizer,
  scores: Scores,
  model: Pick<ModelFacts, "labels" | "unsafeLabels" | "suggestiveLabels">,
): Category[] {
  const groups = groupScores(scores, model);
  return (["safe", "suggestive", "unsafe"] as const)
    .map((group) => ({ name: categorizer.names[group], confidence: groups[group] * 100 }))
    .filter(({ confidence }) => confidence > 0)
    .sort((left, right) => right.confidence - left.confidence);
}

/** A categorizer as the vendor lists it. */
export function presentCategorizer({ id, title, names }: Categorizer) {
  return { id, labels: [names.safe, names.suggestive, names.unsafe], title };
}
