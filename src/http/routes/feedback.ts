import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import { deleteFeedback } from "../../services/delete-feedback.ts";
import { getFeedback } from "../../services/get-feedback.ts";
import { getFeedbackPicture } from "../../services/get-feedback-picture.ts";
import { giveFeedback } from "../../services/give-feedback.ts";
import { listFeedback } from "../../services/list-feedback.ts";
import { presentFeedback } from "../present-feedback.ts";
import { readImageBody } from "../read-body.ts";
import type { AppEnv } from "../request-variables.ts";
import {
  feedbackId,
  feedbackParameters,
  feedbackQuery,
  feedbackSchema,
  requireFeedbackClass,
} from "../schemas/feedback.ts";
import { IDEMPOTENCY_PROBLEMS, idempotencyHeaders, problems } from "../schemas/problem.ts";
import { IMAGE_PROBLEMS, imageBody, readImageAndFields } from "./image-body.ts";

const tags = ["Feedback"];
const params = z.object({ id: feedbackId });
const one = { content: { "application/json": { schema: feedbackSchema } } };
const access = ["credentials_missing", "credentials_invalid", "scope_missing"] as const;
const text = { type: "string" as const };

const give = createRoute({
  method: "post",
  path: "/v1/feedback",
  tags,
  summary: "Say what an image really is",
  description:
    "The image is sent as for `/v1/images/check`. Costs nothing. What is kept is its fingerprint, what the service said of it, and your word; the image itself only where the operator turned that on and the key has room for it. Later answers about the very same bytes carry it; saying it again replaces it. Needs a key with the scope `check`.",
  request: {
    headers: idempotencyHeaders,
    query: feedbackParameters,
    body: imageBody({ model: text, class: text }),
  },
  responses: {
    200: { description: "The feedback as it is kept", ...one },
    ...problems(...IMAGE_PROBLEMS, ...IDEMPOTENCY_PROBLEMS, "feedback_full", ...access),
  },
});

const page = createRoute({
  method: "get",
  path: "/v1/feedback",
  tags,
  summary: "Page through the feedback",
  request: { query: feedbackQuery },
  responses: {
    200: {
      description: "Feedback, the newest first",
      content: {
        "application/json": { schema: z.object({ feedback: z.array(feedbackSchema), next: z.string().nullable() }) },
      },
    },
    ...problems("feedback_not_found", "parameter_invalid", ...access),
  },
});

const get = createRoute({
  method: "get",
  path: "/v1/feedback/{id}",
  tags,
  summary: "Get feedback",
  request: { params },
  responses: {
    200: { description: "The feedback", ...one },
    ...problems("feedback_not_found", "parameter_invalid", ...access),
  },
});

const picture = createRoute({
  method: "get",
  path: "/v1/feedback/{id}/picture",
  tags,
  summary: "Get the image that came with feedback",
  description: "Only where the operator has images kept (`KEEP_FEEDBACK_IMAGES`), and the key had room for this one.",
  request: { params },
  responses: {
    200: {
      description: "The bytes as they came",
      content: { "image/*": { schema: z.string().openapi({ format: "binary" }) } },
    },
    ...problems("feedback_not_found", "picture_not_kept", "parameter_invalid", ...access),
  },
});

const remove = createRoute({
  method: "delete",
  path: "/v1/feedback/{id}",
  tags,
  summary: "Delete feedback",
  description: "For good, with the image where it was kept.",
  request: { params },
  responses: { 204: { description: "Deleted" }, ...problems("feedback_not_found", "parameter_invalid", ...access) },
});

export function registerFeedback(app: OpenAPIHono<AppEnv>): void {
  app.openapi(give, async (c) => {
    const ctx = c.get("ctx");
    const { source, fields } = readImageAndFields(await readImageBody(c), feedbackParameters);
    const said = requireFeedbackClass({ ...fields, ...c.req.valid("query") }, ctx.workers.model);
    return c.json(presentFeedback(await giveFeedback(ctx, { source, surface: "native", ...said })), 200);
  });

  app.openapi(page, async (c) => {
    const { after, limit, sha256, model, class: said, key_id, surface, since } = c.req.valid("query");
    const filter = {
      sha256: sha256 ?? null,
      model: model ?? null,
      class: said ?? null,
      keyId: key_id ?? null,
      surface: surface ?? null,
      since: since === undefined ? null : new Date(since),
    };
    const { rows, next } = await listFeedback(c.get("ctx"), filter, after ?? null, limit);
    return c.json({ feedback: rows.map(presentFeedback), next }, 200);
  });

  app.openapi(get, async (c) => c.json(presentFeedback(await getFeedback(c.get("ctx"), c.req.valid("param").id)), 200));

  app.openapi(picture, async (c) => {
    const { bytes, format } = await getFeedbackPicture(c.get("ctx"), c.req.valid("param").id);
    const type = format === null ? "application/octet-stream" : `image/${format}`;
    return c.body(new Uint8Array(bytes), 200, { "Content-Type": type }) as never;
  });

  app.openapi(remove, async (c) => {
    await deleteFeedback(c.get("ctx"), c.req.valid("param").id);
    return c.body(null, 204);
  });
}
