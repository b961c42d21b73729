import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import { AppError } from "../../errors.ts";
import { checkImage } from "../../services/check-image.ts";
import type { ImageSource } from "../../services/image-source.ts";
import { parseListNames } from "../list-names.ts";
import { presentCheck } from "../present.ts";
import { type ReceivedBody, readImageBody, requireImage } from "../read-body.ts";
import type { AppEnv } from "../request-variables.ts";
import { checkSchema } from "../schemas/check.ts";
import { matchMode } from "../schemas/list.ts";
import { ANONYMOUS_TOO, IDEMPOTENCY_PROBLEMS, idempotencyHeaders, problems } from "../schemas/problem.ts";
import { storableText } from "../schemas/text.ts";
import { IMAGE_PROBLEMS, imageBody, parseFields } from "./image-body.ts";

const parameters = z.object({
  lists: storableText(4096).optional().openapi({
    description: "Names of the lists to search, comma-separated. Default: every enabled list.",
    example: "spam,memes",
  }),
  classify: z.enum(["auto", "never", "always"]).optional().openapi({
    description:
      "`auto` (default) reuses the scores of a near-duplicate; `always` runs the model unless it ran on these very bytes; `never` asks for no scores.",
  }),
  match: matchMode.optional().openapi({
    description:
      "`robust` also matches by the neural hash, which finds crops, and takes a run of the model; `fast` doesn't. Default: as each list says.",
  }),
});

const jsonBody = parameters.extend({ url: z.string().max(8192) }).strict();

const route = createRoute({
  method: "post",
  path: "/v1/images/check",
  tags: ["Check"],
  security: ANONYMOUS_TOO,
  summary: "Check an image",
  description:
    'Banned, seen, unsafe, and what the call cost, in one answer. Send the image as multipart field `image`, as the raw body, or as JSON `{"url": ...}`. A new image costs 1 unit, a repeat of identical bytes nothing; without a key either costs 1. What fails costs nothing.',
  request: {
    headers: idempotencyHeaders,
    query: parameters,
    body: imageBody({
      lists: {
        type: "string",
        description: "As the query parameter, which counts where both are sent",
        example: "spam",
      },
      classify: { type: "string", enum: ["auto", "never", "always"] },
      match: { type: "string", enum: ["fast", "robust"] },
    }),
  },
  responses: {
    200: { description: "The verdict", content: { "application/json": { schema: checkSchema } } },
    ...problems(
      ...IMAGE_PROBLEMS,
      ...IDEMPOTENCY_PROBLEMS,
      "list_not_found",
      "list_kind_mismatch",
      "match_unavailable",
      "credentials_invalid",
      "scope_missing",
      "quota_exceeded",
    ),
  },
});

export function registerCheckImage(app: OpenAPIHono<AppEnv>): void {
  app.openapi(route, async (c) => {
    const body = await readImageBody(c);
    const { source, fields } = readSource(body);
    const lists = c.req.valid("query").lists ?? fields.lists;
    const result = await checkImage(c.get("ctx"), {
      source,
      lists: { names: parseListNames(lists), match: c.req.valid("query").match ?? fields.match ?? null },
      classify: c.req.valid("query").classify ?? fields.classify ?? "auto",
    });
    return c.json(presentCheck(result), 200);
  });
}

function readSource(body: ReceivedBody): { source: ImageSource; fields: z.infer<typeof parameters> } {
  if (body.kind === "json") {
    if (typeof body.json === "object" && body.json !== null && !("url" in body.json)) {
      throw new AppError(
        "image_missing",
        "Expected a url, or an image in another kind of body, for image but received none",
        {
          field: "url",
        },
      );
    }
    const { url, ...fields } = parseFields(jsonBody, body.json);
    return { source: { url }, fields };
  }
  const fields = parseFields(parameters, body.fields);
  const url = body.fields.url;
  if (body.image === null && url !== undefined) return { source: { url }, fields };
  return { source: requireImage(body), fields };
}
