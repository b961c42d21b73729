import { insertWorkflow, type WorkflowFields } from "../db/workflows.ts";
import { auditEvent } from "./audit-event.ts";
import type { RequestContext } from "./context.ts";
import type { Workflow } from "./get-workflow.ts";
import { newWorkflowId } from "./ids.ts";
import { requireScope } from "./require-scope.ts";
import { requireApplicableRules } from "./workflow-rules.ts";

/** @throws AppError list_not_found, parameter_invalid where a rule names a list or a score that is not there */
export async function createWorkflow(ctx: RequestContext, fields: WorkflowFields): Promise<Workflow> {
  const actor = requireScope(ctx, "admin");
  await requireApplicableRules(ctx, fields.rules);
  const id = newWorkflowId();
  const event = auditEvent(ctx, actor, "workflow.create", id, { ...fields });
  return { row: await insertWorkflow(ctx.db, { id, ...fields, createdBy: actor.id }, event), faults: [] };
}
