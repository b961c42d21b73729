import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import { createWorkflow } from "../../services/create-workflow.ts";
import { deleteWorkflow } from "../../services/delete-workflow.ts";
import { getWorkflow } from "../../services/get-workflow.ts";
import { listWorkflows } from "../../services/list-workflows.ts";
import { updateWorkflow } from "../../services/update-workflow.ts";
import type { WorkflowRule } from "../../services/workflow-rules.ts";
import { presentWorkflow } from "../present-workflow.ts";
import type { AppEnv } from "../request-variables.ts";
import { pageQuery } from "../schemas/page.ts";
import { IDEMPOTENCY_PROBLEMS, idempotencyHeaders, JSON_BODY_PROBLEMS, problems } from "../schemas/problem.ts";
import { newWorkflowSchema, workflowChangesSchema, workflowId, workflowSchema } from "../schemas/workflow.ts";

const tags = ["Workflows"];
const params = z.object({ id: workflowId });
const one = { content: { "application/json": { schema: workflowSchema } } };
const access = ["credentials_missing", "credentials_invalid", "scope_missing"] as const;

const create = createRoute({
  method: "post",
  path: "/v1/workflows",
  tags,
  summary: "Create a workflow",
  description:
    "Rules that accept, reject or review a picture. A rule that accepts by a list wins over all; else the gravest action of the rules that hold counts, and `accept` where none does.",
  request: {
    headers: idempotencyHeaders,
    body: { required: true, content: { "application/json": { schema: newWorkflowSchema } } },
  },
  responses: {
    201: { description: "The new workflow", ...one },
    ...problems(...JSON_BODY_PROBLEMS, ...IDEMPOTENCY_PROBLEMS, "list_not_found", ...access),
  },
});

const page = createRoute({
  method: "get",
  path: "/v1/workflows",
  tags,
  summary: "Page through the workflows",
  request: { query: pageQuery },
  responses: {
    200: {
      description: "Workflows by id",
      content: {
        "application/json": { schema: z.object({ workflows: z.array(workflowSchema), next: z.string().nullable() }) },
      },
    },
    ...problems("parameter_invalid", ...access),
  },
});

const get = createRoute({
  method: "get",
  path: "/v1/workflows/{id}",
  tags,
  summary: "Get a workflow",
  request: { params },
  responses: {
    200: { description: "The workflow", ...one },
    ...problems("workflow_not_found", "parameter_invalid", ...access),
  },
});

const update = createRoute({
  method: "patch",
  path: "/v1/workflows/{id}",
  tags,
  summary: "Change a workflow",
  description: "`rules` replaces all of them. The next picture is decided by the new ones.",
  request: { params, body: { required: true, content: { "application/json": { schema: workflowChangesSchema } } } },
  responses: {
    200: { description: "The workflow", ...one },
    ...problems("workflow_not_found", "list_not_found", ...JSON_BODY_PROBLEMS, ...access),
  },
});

const remove = createRoute({
  method: "delete",
  path: "/v1/workflows/{id}",
  tags,
  summary: "Delete a workflow",
  description: "It decides no more, and stays in the database for the record.",
  request: { params },
  responses: { 204: { description: "Deleted" }, ...problems("workflow_not_found", "parameter_invalid", ...access) },
});

export function registerWorkflows(app: OpenAPIHono<AppEnv>): void {
  app.openapi(create, async (c) => {
    const { rules, ...fields } = c.req.valid("json");
    const workflow = await createWorkflow(c.get("ctx"), { ...fields, rules: rules.map(ruleOf) });
    c.header("Location", `/v1/workflows/${workflow.row.id}`);
    return c.json(presentWorkflow(workflow), 201);
  });

  app.openapi(page, async (c) => {
    const { after, limit } = c.req.valid("query");
    const { rows, next } = await listWorkflows(c.get("ctx"), after ?? null, limit);
    return c.json({ workflows: rows.map(presentWorkflow), next }, 200);
  });

  app.openapi(get, async (c) => c.json(presentWorkflow(await getWorkflow(c.get("ctx"), c.req.valid("param").id)), 200));

  app.openapi(update, async (c) => {
    const { name, description, rules } = c.req.valid("json");
    const changes = {
      ...(name !== undefined && { name }),
      ...(description !== undefined && { description }),
      ...(rules !== undefined && { rules: rules.map(ruleOf) }),
    };
    const ctx = c.get("ctx");
    const { id } = c.req.valid("param");
    const changed = Object.keys(changes).length > 0;
    return c.json(presentWorkflow(await (changed ? updateWorkflow(ctx, id, changes) : getWorkflow(ctx, id))), 200);
  });

  app.openapi(remove, async (c) => {
    await deleteWorkflow(c.get("ctx"), c.req.valid("param").id);
    return c.body(null, 204);
  });
}

/** A rule as it was validated: with a list, or with a score and its threshold. */
function ruleOf({ when, action, text }: z.infer<typeof newWorkflowSchema>["rules"][number]): WorkflowRule {
  const { score = "", at_least = 0, list } = when;
  return { when: list === undefined ? { score, at_least } : { list }, action, text };
}
