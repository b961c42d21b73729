import type { Context } from "hono";
import { AppError } from "../../errors.ts";
import type { OpenRequest } from "../../http/middleware/request-context.ts";
import type { AppEnv } from "../../http/request-variables.ts";
import type { CheckResult } from "../../services/check-result.ts";
import type { ModelFacts, RequestContext } from "../../services/context.ts";
import { runWorkflow, type WorkflowResult } from "../../services/run-workflow.ts";
import { presentJudgement } from "./answers.ts";
import { type Blocks, fillBlocks } from "./blocks.ts";
import { servedModels } from "./class-scores.ts";
import { readCall, requireCallImage } from "./read-call.ts";
import { mediaFacts, requestFacts } from "./request-facts.ts";

/** Our model is run once for all of a workflow's rules. */
const OPERATIONS = 1;
/** Both nudity models that can stand side by side: which of them a client was written for is not in its call. */
const SCORED_MODELS = ["nudity-2.1", "nudity", "type"];

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
  return c.json(answerWorkflow(c.get("ctx"), uri, result));
}

/**
 * The vendor's workflows accept or reject and know nothing between, so what ours would have a person look at is rejected: a
 * client that waits for "reject" would publish it unseen otherwise. `lookalike.action` says which it was. The scores stand
 * beside it, as the vendor's answer has those of a workflow's models.
 */
function answerWorkflow(
  ctx: RequestContext,
  uri: string,
  { workflow, action, stopProb, reasons, check }: WorkflowResult,
) {
  const accepted = action === "accept";
  const { byName, unsupportedClasses } = scoreBlocks(ctx.workers.model, check);
  return {
    status: "success",
    request: requestFacts(ctx.requestId, check.quota.charged),
    summary: {
      action: accepted ? "accept" : "reject",
      reject_prob: rejectProb(stopProb, accepted),
      reject_reason: accepted ? [] : reasons.map(({ id, text }) => ({ id, text })),
    },
    ...byName,
    workflow: { id: workflow.id },
    media: mediaFacts(uri),
    lookalike: {
      action,
      ...presentJudgement(check),
      ...(unsupportedClasses.length > 0 && { unsupported_classes: unsupportedClasses }),
    },
  };
}

/**
 * Many clients never look at `action` and reject above 0.5 (or turn an acceptance from there on down), whatever the rule's
 * own threshold is. So it stands on the side of 0.5 where the action is.
 */
function rejectProb(stopProb: number, accepted: boolean): number {
  const sided = accepted ? Math.min(stopProb, 0.49) : Math.max(stopProb, 0.51);
  return Math.round(sided * 10_000) / 10_000;
}

/** Nothing where there are no scores: zeros would be a claim. */
function scoreBlocks(facts: ModelFacts, { classification }: CheckResult): Blocks {
  if (classification === null) return { byName: {}, unsupportedClasses: [] };
  const models = servedModels(facts).filter(({ name }) => SCORED_MODELS.includes(name));
  return fillBlocks(models, classification.scores, facts);
}
