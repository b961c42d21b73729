import { changeWorkflow, type WorkflowFields } from "../db/workflows.ts";
import { auditEvent } from "./audit-event.ts";
import type { RequestContext } from "./context.ts";
import { noSuchWorkflow, requireWorkflow, type Workflow, withFaults } from "./get-workflow.ts";
import { requireScope } from "./require-scope.ts";
import { requireApplicableRules } from "./workflow-rules.ts";

/**
 * Changes a workflow; the next picture anywhere is decided by its new rules.
 * @throws AppError workflow_not_found; list_not_found, parameter_invalid where a new rule names a list or a score that is
 * not there
 */
export async function updateWorkflow(
  ctx: RequestContext,
  id: string,
  fields: Partial<WorkflowFields>,
): Promise<Workflow> {
  const actor = requireScope(ctx, "admin");
  await requireWorkflow(ctx, id);
  if (fields.rules !== undefined) await requireApplicableRules(ctx, fields.rules);
  const event = auditEvent(ctx, actor, "workflow.update", id, { ...fields });
  const row = (await changeWorkflow(ctx.db, id, fields, event)) ?? noSuchWorkflow(id);
  const [workflow] = await withFaults(ctx, [row]);
  return workflow ?? { row, faults: [] };
}
