import { retireWorkflow } from "../db/workflows.ts";
import { auditEvent } from "./audit-event.ts";
import type { RequestContext } from "./context.ts";
import { noSuchWorkflow, requireWorkflow } from "./get-workflow.ts";
import { requireScope } from "./require-scope.ts";

/**
 * Takes a workflow out of use; it stays in the database for the record.
 * @throws AppError workflow_not_found
 */
export async function deleteWorkflow(ctx: RequestContext, id: string): Promise<void> {
  const actor = requireScope(ctx, "admin");
  await requireWorkflow(ctx, id);
  const retired = await retireWorkflow(ctx.db, id, auditEvent(ctx, actor, "workflow.delete", id));
  if (!retired) noSuchWorkflow(id);
}
