import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import { createList } from "../../services/create-list.ts";
import { deleteList } from "../../services/delete-list.ts";
import { getList } from "../../services/get-list.ts";
import { listLists } from "../../services/list-lists.ts";
import { updateList } from "../../services/update-list.ts";
import { presentList } from "../present.ts";
import type { AppEnv } from "../request-variables.ts";
import { listChangesSchema, listName, listSchema, newListSchema } from "../schemas/list.ts";
import { pageQuery } from "../schemas/page.ts";
import { IDEMPOTENCY_PROBLEMS, idempotencyHeaders, JSON_BODY_PROBLEMS, problems } from "../schemas/problem.ts";
import { listFields } from "./list-fields.ts";

const tags = ["Lists"];
const params = z.object({ name: listName });
const one = { content: { "application/json": { schema: listSchema } } };
const access = ["credentials_missing", "credentials_invalid", "scope_missing"] as const;

const create = createRoute({
  method: "post",
  path: "/v1/lists",
  tags,
  summary: "Create a list",
  request: {
    headers: idempotencyHeaders,
    body: { required: true, content: { "application/json": { schema: newListSchema } } },
  },
  responses: {
    201: { description: "The new list", ...one },
    ...problems(...JSON_BODY_PROBLEMS, ...IDEMPOTENCY_PROBLEMS, "list_exists", "match_unavailable", ...access),
  },
});

const page = createRoute({
  method: "get",
  path: "/v1/lists",
  tags,
  summary: "Page through the lists",
  request: { query: pageQuery },
  responses: {
    200: {
      description: "Lists by name",
      content: {
        "application/json": { schema: z.object({ lists: z.array(listSchema), next: z.string().nullable() }) },
      },
    },
    ...problems("parameter_invalid", ...access),
  },
});

const get = createRoute({
  method: "get",
  path: "/v1/lists/{name}",
  tags,
  summary: "Get a list",
  request: { params },
  responses: {
    200: { description: "The list", ...one },
    ...problems("list_not_found", "parameter_invalid", ...access),
  },
});

const update = createRoute({
  method: "patch",
  path: "/v1/lists/{name}",
  tags,
  summary: "Change a list",
  description: "The next request goes by the new thresholds and state.",
  request: { params, body: { required: true, content: { "application/json": { schema: listChangesSchema } } } },
  responses: {
    200: { description: "The list", ...one },
    ...problems("list_not_found", "list_kind_mismatch", "match_unavailable", ...JSON_BODY_PROBLEMS, ...access),
  },
});

const remove = createRoute({
  method: "delete",
  path: "/v1/lists/{name}",
  tags,
  summary: "Delete a list",
  description: "Its entries match no more; they stay in the database for the record. The name is free again.",
  request: { params },
  responses: { 204: { description: "Deleted" }, ...problems("list_not_found", "parameter_invalid", ...access) },
});

export function registerLists(app: OpenAPIHono<AppEnv>): void {
  app.openapi(create, async (c) => {
    const { name, ...settings } = c.req.valid("json");
    const row = await createList(c.get("ctx"), name, listFields(settings));
    c.header("Location", `/v1/lists/${row.name}`);
    return c.json(presentList(row), 201);
  });

  app.openapi(page, async (c) => {
    const { after, limit } = c.req.valid("query");
    const { rows, next } = await listLists(c.get("ctx"), after ?? null, limit);
    return c.json({ lists: rows.map(presentList), next }, 200);
  });

  app.openapi(get, async (c) => c.json(presentList(await getList(c.get("ctx"), c.req.valid("param").name)), 200));

  app.openapi(update, async (c) => {
    const changes = listFields(c.req.valid("json"));
    const ctx = c.get("ctx");
    const { name: listName } = c.req.valid("param");
    const changed = Object.keys(changes).length > 0;
    const row = await (changed ? updateList(ctx, listName, changes) : getList(ctx, listName));
    return c.json(presentList(row), 200);
  });

  app.openapi(remove, async (c) => {
    await deleteList(c.get("ctx"), c.req.valid("param").name);
    return c.body(null, 204);
  });
}
