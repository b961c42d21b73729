import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import { SYNTAXES } from "../../names/pattern.ts";
import { banImage } from "../../services/ban-image.ts";
import { banName } from "../../services/ban-name.ts";
import { getEntry } from "../../services/get-entry.ts";
import { liftBan } from "../../services/lift-ban.ts";
import { listEntries } from "../../services/list-entries.ts";
import { updateEntry } from "../../services/update-entry.ts";
import { presentEntry } from "../present.ts";
import { readImageBody } from "../read-body.ts";
import type { AppEnv } from "../request-variables.ts";
import { customId, entryChangesSchema, entryId, entrySchema, listName, newEntryFields } from "../schemas/list.ts";
import { pageQuery } from "../schemas/page.ts";
import { IDEMPOTENCY_PROBLEMS, idempotencyHeaders, JSON_BODY_PROBLEMS, problems } from "../schemas/problem.ts";
import { readSubject } from "./entry-subject.ts";
import { IMAGE_PROBLEMS, imageBody } from "./image-body.ts";

const tags = ["Lists"];
const inList = z.object({ name: listName });
const inListById = inList.extend({ id: entryId });
const one = { content: { "application/json": { schema: entrySchema } } };
const access = ["credentials_missing", "credentials_invalid", "scope_missing"] as const;
const absences = ["list_not_found", "entry_not_found", "parameter_invalid"] as const;
const text = { type: "string" as const };
const details = { custom_id: text, note: text, expires_at: { ...text, format: "date-time" } };

const create = createRoute({
  method: "post",
  path: "/v1/lists/{name}/entries",
  tags,
  summary: "Ban an image or a pattern of names (add an entry)",
  description:
    'A picture by multipart field `image`, raw body, JSON `{"url"}` or JSON `{"hashes"}`; into a list of names a pattern, by JSON `{"pattern", "syntax"}`. In force with the next request. 201 for a new entry, 200 where it is in the list already; one that was lifted or has expired is put back in force.',
  request: {
    headers: idempotencyHeaders,
    params: inList,
    query: newEntryFields,
    body: imageBody(details, {
      hashes: { type: "object", description: "Instead of `url`: hashes of a picture that is not at hand, by kind" },
      pattern: { ...text, description: "Of a list of names, instead of a picture: at most 500 characters" },
      syntax: {
        ...text,
        enum: [...SYNTAXES],
        description: "How the pattern is to be read; `substring` where not given",
      },
    }),
  },
  responses: {
    201: { description: "A new entry", ...one },
    200: { description: "The entry that was there", ...one },
    ...problems(
      ...IMAGE_PROBLEMS,
      ...IDEMPOTENCY_PROBLEMS,
      "hash_malformed",
      "hash_insufficient_detail",
      "pattern_invalid",
      "list_kind_mismatch",
      "list_not_found",
      ...access,
    ),
  },
});

const page = createRoute({
  method: "get",
  path: "/v1/lists/{name}/entries",
  tags,
  summary: "Page through the entries of a list",
  request: {
    params: inList,
    query: pageQuery.extend({
      state: z.enum(["live", "all"]).default("live").openapi({ description: "`all`: lifted and expired ones too" }),
      custom_id: customId.optional(),
    }),
  },
  responses: {
    200: {
      description: "Entries in the order they were added",
      content: {
        "application/json": { schema: z.object({ entries: z.array(entrySchema), next: z.string().nullable() }) },
      },
    },
    ...problems(...absences, ...access),
  },
});

const get = createRoute({
  method: "get",
  path: "/v1/lists/{name}/entries/{id}",
  tags,
  summary: "Get an entry",
  request: { params: inListById },
  responses: { 200: { description: "The entry", ...one }, ...problems(...absences, ...access) },
});

const update = createRoute({
  method: "patch",
  path: "/v1/lists/{name}/entries/{id}",
  tags,
  summary: "Change an entry",
  request: {
    params: inListById,
    body: { required: true, content: { "application/json": { schema: entryChangesSchema } } },
  },
  responses: {
    200: { description: "The entry", ...one },
    ...problems(...absences, ...JSON_BODY_PROBLEMS, ...access),
  },
});

const remove = createRoute({
  method: "delete",
  path: "/v1/lists/{name}/entries/{id}",
  tags,
  summary: "Lift a ban",
  description: "The entry stays for the record, matches nothing, and can be put back in force.",
  request: { params: inListById },
  responses: { 204: { description: "Lifted" }, ...problems(...absences, ...access) },
});

export function registerEntries(app: OpenAPIHono<AppEnv>): void {
  app.openapi(create, async (c) => {
    const { name } = c.req.valid("param");
    const { subject, fields } = readSubject(await readImageBody(c));
    const given = { ...c.req.valid("query"), ...fields };
    const details = {
      listName: name,
      customId: given.custom_id ?? null,
      note: given.note ?? "",
      ...(given.metadata !== undefined && { metadata: given.metadata }),
      expiresAt: given.expires_at === undefined ? null : new Date(given.expires_at),
    };
    const ctx = c.get("ctx");
    const { entry, outcome } = await ("pattern" in subject
      ? banName(ctx, { ...details, ...subject })
      : banImage(ctx, { ...details, ...subject }));
    const presented = presentEntry(entry, name);
    c.header("Location", `/v1/lists/${name}/entries/${presented.id}`);
    return outcome === "created" ? c.json(presented, 201) : c.json(presented, 200);
  });

  app.openapi(page, async (c) => {
    const { name } = c.req.valid("param");
    const { after, limit, state, custom_id } = c.req.valid("query");
    const filter = { liveOnly: state === "live", customId: custom_id ?? null };
    const { rows, next } = await listEntries(c.get("ctx"), name, filter, after ?? null, limit);
    return c.json({ entries: rows.map((row) => presentEntry(row, name)), next }, 200);
  });

  app.openapi(get, async (c) => {
    const { name, id } = c.req.valid("param");
    return c.json(presentEntry(await getEntry(c.get("ctx"), name, id), name), 200);
  });

  app.openapi(update, async (c) => {
    const { name, id } = c.req.valid("param");
    const { custom_id, note, metadata, expires_at, enabled } = c.req.valid("json");
    const changes = {
      ...(custom_id !== undefined && { customId: custom_id }),
      ...(note !== undefined && { note }),
      ...(metadata !== undefined && { metadata }),
      ...(expires_at !== undefined && { expiresAt: expires_at === null ? null : new Date(expires_at) }),
      ...(enabled !== undefined && { enabled }),
    };
    const ctx = c.get("ctx");
    const changed = Object.keys(changes).length > 0;
    const row = await (changed ? updateEntry(ctx, name, id, changes) : getEntry(ctx, name, id));
    return c.json(presentEntry(row, name), 200);
  });

  app.openapi(remove, async (c) => {
    const { name, id } = c.req.valid("param");
    await liftBan(c.get("ctx"), name, id);
    return c.body(null, 204);
  });
}
