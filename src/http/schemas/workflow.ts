import { z } from "@hono/zod-openapi";
import { checkSchema } from "./check.ts";
import { listName } from "./list.ts";
import { storableText } from "./text.ts";

const MOST_RULES = 100;

export const workflowId = storableText(100).openapi({ example: "wfl_0a1B2c3D4e5F6g7H8i9J0k" });
const action = z.enum(["accept", "reject", "review"]);

// One object of optional members, not a union: a union's error could not say which member is wrong.
const when = z
  .strictObject({
    score: storableText(100).min(1).optional().openapi({
      description: "A label of the model, or `unsafe` or `suggestive` for the sum of those labels",
      example: "unsafe",
    }),
    at_least: z.number().min(0).max(1).optional().openapi({ description: "The score from which the rule holds" }),
    list: listName.optional().openapi({ description: "Instead of a score: a list that the picture matches" }),
  })
  .superRefine(({ score, at_least, list }, context) => {
    const fault = (member: string, message: string) =>
      context.addIssue({ code: "custom", path: [member], message: `Expected ${message}` });
    if (list !== undefined && score !== undefined) fault("list", "either a score or a list");
    else if (list === undefined && score === undefined) fault("score", "a score, or a list in its place,");
    else if (score !== undefined && at_least === undefined) fault("at_least", "the score from which the rule holds");
    else if (list !== undefined && at_least !== undefined) fault("at_least", "no threshold with a list");
  })
  .openapi("WorkflowCondition");

const rule = z
  .strictObject({
    when,
    action,
    text: storableText(1000).openapi({ description: "Why, for whoever reads the answer", example: "Nudity" }),
  })
  .openapi("WorkflowRule");

const settings = {
  name: storableText(200).min(1).openapi({ description: "For people; several may share one", example: "Avatars" }),
  description: storableText(1000),
  rules: z.array(rule).min(1).max(MOST_RULES),
};

export const newWorkflowSchema = z
  .strictObject({ ...settings, description: settings.description.default("") })
  .openapi("NewWorkflow");

export const workflowChangesSchema = z.strictObject(settings).partial().openapi("WorkflowChanges");

const reason = z.object({
  id: z.string().openapi({ description: "`rule_1` for the first rule, and so on", example: "rule_1" }),
  text: z.string(),
});

export const workflowSchema = z
  .object({
    id: workflowId,
    ...settings,
    faults: z.array(reason).openapi({
      description:
        "Rules that can't be applied any more, since their list or label is gone: they send pictures to review",
    }),
    created_by: z.string(),
    created_at: z.iso.datetime(),
    updated_at: z.iso.datetime(),
  })
  .openapi("Workflow");

export const workflowAnswerSchema = z
  .object({
    workflow: z.object({ id: workflowId, name: z.string() }),
    action,
    reject_prob: z.number().min(0).max(1).openapi({
      description:
        "0 where an accepting list decided, 1 where a rejecting one did; else the highest score that a rule rejects by, reached or not",
    }),
    reasons: z.array(reason).openapi({ description: "The rules that decided; none where none had a say" }),
    check: checkSchema,
  })
  .openapi("WorkflowAnswer");
