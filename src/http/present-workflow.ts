import type { Workflow } from "../services/get-workflow.ts";
import type { WorkflowResult } from "../services/run-workflow.ts";
import { presentCheck } from "./present.ts";

/** The native API's JSON of a workflow. */
export function presentWorkflow({ row, faults }: Workflow) {
  return {
    id: row.id,
    name: row.name,
    description: row.description,
    rules: [...row.rules],
    faults: [...faults],
    created_by: row.createdBy,
    created_at: row.createdAt.toISOString(),
    updated_at: row.updatedAt.toISOString(),
  };
}

/** The native API's JSON of a picture that a workflow decided about. */
export function presentWorkflowResult({ workflow, action, rejectProb, reasons, check }: WorkflowResult) {
  return { workflow, action, reject_prob: rejectProb, reasons: [...reasons], check: presentCheck(check) };
}
