import type { Scores } from "../../scores.ts";
import type { ModelFacts } from "../../services/context.ts";
import type { ClassScores, ServedModel } from "./class-scores.ts";

/** Classes with their scores, 0..1, four decimals. */
export interface Block {
  readonly [name: string]: number | Block;
}

/** What the asked models say of an image. */
export interface Blocks {
  /** By the member of the answer: `nudity`, `type`. */
  readonly byName: Readonly<Record<string, Block>>;
  /** Where in the answer a 0 only says that the class can't be told, such as `nudity.context.indoor_other`. */
  readonly unsupportedClasses: readonly string[];
}

/** The members of an answer that the asked models fill. Versions of a model fill the same one side by side. */
export function fillBlocks(models: readonly ServedModel[], scores: Scores, facts: ModelFacts): Blocks {
  const byName: Record<string, Block> = {};
  const unsupportedClasses: string[] = [];
  for (const { block, classes } of models) {
    const known = classes(scores, facts);
    byName[block] = { ...byName[block], ...withZeros(known) };
    unsupportedClasses.push(...unknownPaths(known, block));
  }
  return { byName, unsupportedClasses };
}

function withZeros(classes: ClassScores): Block {
  return Object.fromEntries(
    Object.entries(classes).map(([name, value]) => {
      if (value === null) return [name, 0];
      return [name, typeof value === "number" ? Math.round(value * 10_000) / 10_000 : withZeros(value)];
    }),
  );
}

function unknownPaths(classes: ClassScores, path: string): string[] {
  return Object.entries(classes).flatMap(([name, value]) => {
    if (value === null) return [`${path}.${name}`];
    return typeof value === "number" ? [] : unknownPaths(value, `${path}.${name}`);
  });
}
