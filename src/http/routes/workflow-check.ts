import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import { runWorkflow } from "../../services/run-workflow.ts";
import { presentWorkflowResult } from "../present-workflow.ts";
import { readImageBody } from "../read-body.ts";
import type { AppEnv } from "../request-variables.ts";
import { IDEMPOTENCY_PROBLEMS, idempotencyHeaders, problems } from "../schemas/problem.ts";
import { workflowAnswerSchema, workflowId } from "../schemas/workflow.ts";
import { IMAGE_PROBLEMS, imageBody, readImageAndFields } from "./image-body.ts";

const route = createRoute({
  method: "post",
  path: "/v1/workflows/{id}/check",
  tags: ["Check"],
  summary: "Check an image by a workflow",
  description:
    "The image is sent as for `/v1/images/check`, held against every enabled list, and costs the same; the workflow's rules decide. Needs a key with the scope `check`.",
  request: { headers: idempotencyHeaders, params: z.object({ id: workflowId }), body: imageBody({}) },
  responses: {
    200: {
      description: "What the workflow decides",
      content: { "application/json": { schema: workflowAnswerSchema } },
    },
    ...problems(
      ...IMAGE_PROBLEMS,
      ...IDEMPOTENCY_PROBLEMS,
      "workflow_not_found",
      "credentials_missing",
      "credentials_invalid",
      "scope_missing",
      "quota_exceeded",
    ),
  },
});

export function registerWorkflowCheck(app: OpenAPIHono<AppEnv>): void {
  app.openapi(route, async (c) => {
    const { id } = c.req.valid("param");
    const { source } = readImageAndFields(await readImageBody(c), z.object({}));
    return c.json(presentWorkflowResult(await runWorkflow(c.get("ctx"), { workflowId: id, source })), 200);
  });
}
