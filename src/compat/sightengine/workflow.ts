import type { Context } from "hono";
import { AppError } from "../../errors.ts";
import type { OpenRequest } from "../../http/middleware/request-context.ts";
import type { AppEnv } from "../../http/request-variables.ts";
import { runWorkflow, type WorkflowResult } from "../../services/run-workflow.ts";
import { presentJudgement } from "./answers.ts";
import { readCall, requireCallImage } from "./read-call.ts";
import { mediaFacts, requestFacts } from "./request-facts.ts";

/** Our model is run once for all of a workflow's rules. */
const OPERATIONS = 1;

/** `check-workflow.json`: whether a workflow made by our own API takes an image. */
export async function handleWorkflow(c: Context<AppEnv>, open: OpenRequest): Promise<Response> {
  const call = await readCall(c, open);
  const workflowId = call.parameters.get("workflow");
  if (workflowId === undefined) {
    throw new AppError("parameter_invalid", "Expected the id of a workflow for workflow but received nothing", {
      field: "workflow",
    });
  }
  const { source, uri } = requireCallImage(call);
  const result = await runWorkflow(c.get("ctx"), { workflowId, source, flatUnits: OPERATIONS });
  return c.json(answerWorkflow(c.get("requestId"), uri, result));
}

/**
 * The vendor's workflows accept or reject and know nothing between, so what ours would have a person look at is rejected: a
 * client that waits for "reject" would publish it unseen otherwise. `lookalike.action` says which it was.
 */
function answerWorkflow(
  requestId: string,
  uri: string,
  { workflow, action, rejectProb, reasons, check }: WorkflowResult,
) {
  const accepted = action === "accept";
  return {
    status: "success",
    request: requestFacts(requestId, check.quota.charged),
    summary: {
      action: accepted ? "accept" : "reject",
      reject_prob: rejectProb,
      reject_reason: accepted ? [] : reasons.map(({ id, text }) => ({ id, text })),
    },
    workflow: { id: workflow.id },
    media: mediaFacts(uri),
    lookalike: { action, ...presentJudgement(check) },
  };
}
