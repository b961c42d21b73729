import { findPictureLists, type WorkflowRule } from "../db/workflows.ts";
import { AppError } from "../errors.ts";
import type { AppContext } from "./context.ts";
import { scoreNames } from "./workflow-decision.ts";

export type { WorkflowRule };

/** The lists that rules name, each once. */
export function listsNamed(rules: readonly WorkflowRule[]): string[] {
  return [...new Set(rules.flatMap(({ when }) => ("list" in when ? [when.list] : [])))];
}

/**
 * Refuses rules that could never hold.
 * @throws AppError list_not_found where one names no list of pictures; parameter_invalid where one names no score of the model
 */
export async function requireApplicableRules(ctx: AppContext, rules: readonly WorkflowRule[]): Promise<void> {
  const names = scoreNames(ctx.workers.model);
  const lists = await findPictureLists(ctx.db, listsNamed(rules));
  for (const [place, { when }] of rules.entries()) {
    if ("list" in when) {
      if (lists.has(when.list)) continue;
      const field = `rules[${place}].when.list`;
      const message = `Expected the name of an existing list of pictures for ${field} but received ${when.list}`;
      throw new AppError("list_not_found", message, { field });
    }
    if (names.includes(when.score)) continue;
    const field = `rules[${place}].when.score`;
    const message = `Expected one of ${names.join(", ")} for ${field} but received ${JSON.stringify(when.score.slice(0, 60))}`;
    throw new AppError("parameter_invalid", message, { field });
  }
}
