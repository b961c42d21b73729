import { findPictureLists } from "../db/workflows.ts";
import { checkImage } from "./check-image.ts";
import type { CheckResult } from "./check-result.ts";
import type { RequestContext } from "./context.ts";
import { requireWorkflow } from "./get-workflow.ts";
import type { ImageSource } from "./image-source.ts";
import { ALL_LISTS } from "./look-up-gate.ts";
import { requireScope } from "./require-scope.ts";
import { decideWorkflow, type WorkflowDecision } from "./workflow-decision.ts";
import { listsNamed } from "./workflow-rules.ts";

export interface RunWorkflowInput {
  readonly workflowId: string;
  readonly source: ImageSource;
  /** As in a check: units that it costs, new image or not, where a surface has prices of its own. */
  readonly flatUnits?: number;
}

export interface WorkflowResult extends WorkflowDecision {
  readonly workflow: { readonly id: string; readonly name: string };
  /** What the rules looked at; its own verdict is the service's, not the workflow's. */
  readonly check: CheckResult;
}

/**
 * Checks a picture against every enabled list and decides about it by a workflow's rules. It costs what the check costs.
 * @throws AppError workflow_not_found, credentials_missing, scope_missing; what checkImage throws
 */
export async function runWorkflow(ctx: RequestContext, input: RunWorkflowInput): Promise<WorkflowResult> {
  requireScope(ctx, "check");
  const { workflowId, ...asked } = input;
  const { id, name, rules } = await requireWorkflow(ctx, workflowId);
  // Before the check: what fails costs nothing.
  const lists = await findPictureLists(ctx.db, listsNamed(rules));
  const check = await checkImage(ctx, { ...asked, lists: ALL_LISTS, classify: "auto" });
  const scores = check.classification?.scores ?? null;
  const decision = decideWorkflow({ rules, matches: check.matches, scores, model: ctx.workers.model, lists });
  return { workflow: { id, name }, ...decision, check };
}
