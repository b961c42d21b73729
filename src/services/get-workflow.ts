import { findPictureLists, findWorkflow, type WorkflowRow } from "../db/workflows.ts";
import { AppError } from "../errors.ts";
import type { AppContext, RequestContext } from "./context.ts";
import { requireScope } from "./require-scope.ts";
import { ruleFault, type WorkflowReason } from "./workflow-decision.ts";
import { listsNamed } from "./workflow-rules.ts";

export type { WorkflowRow };

/** A workflow, and those of its rules that can't be applied any more. */
export interface Workflow {
  readonly row: WorkflowRow;
  readonly faults: readonly WorkflowReason[];
}

/** @throws AppError workflow_not_found */
export async function getWorkflow(ctx: RequestContext, id: string): Promise<Workflow> {
  requireScope(ctx, "admin");
  const row = await requireWorkflow(ctx, id);
  const [workflow] = await withFaults(ctx, [row]);
  return workflow ?? { row, faults: [] };
}

/** @throws AppError workflow_not_found */
export async function requireWorkflow(ctx: AppContext, id: string): Promise<WorkflowRow> {
  const row = /^wfl_[0-9A-Za-z]{22}$/.test(id) ? await findWorkflow(ctx.db, id) : null;
  return row ?? noSuchWorkflow(id);
}

/** Tells of each workflow which rules name a list or a score that is not there. */
export async function withFaults(ctx: AppContext, rows: readonly WorkflowRow[]): Promise<Workflow[]> {
  const lists = await findPictureLists(ctx.db, listsNamed(rows.flatMap(({ rules }) => rules)));
  return rows.map((row) => ({
    row,
    faults: row.rules.flatMap((rule, place) => {
      const text = ruleFault(rule, lists, ctx.workers.model);
      return text === null ? [] : [{ id: `rule_${place + 1}`, text }];
    }),
  }));
}

/** @throws AppError workflow_not_found */
export function noSuchWorkflow(id: string): never {
  throw new AppError("workflow_not_found", `Expected the id of a workflow but received ${id.slice(0, 100)}`, {
    field: "id",
  });
}
