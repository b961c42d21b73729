import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import { AppError } from "../../errors.ts";
import { type BanInput, banImage } from "../../services/ban-image.ts";
import { getEntry } from "../../services/get-entry.ts";
import { liftBan } from "../../services/lift-ban.ts";
import { listEntries } from "../../services/list-entries.ts";
import { updateEntry } from "../../services/update-entry.ts";
import { presentEntry } from "../present.ts";
import { type ReceivedBody, readImageBody, requireImage } from "../read-body.ts";
import type { AppEnv } from "../request-variables.ts";
import {
  customId,
  entryChangesSchema,
  entryId,
  entrySchema,
  listName,
  newEntryFields,
  newEntrySchema,
} from "../schemas/list.ts";
import { pageQuery } from "../schemas/page.ts";
import { IDEMPOTENCY_PROBLEMS, idempotencyHeaders, JSON_BODY_PROBLEMS, problems } from "../schemas/problem.ts";
import { IMAGE_PROBLEMS, imageBody, parseFields } from "./image-body.ts";

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
  summary: "Ban an image (add an entry)",
  description:
    'By multipart field `image`, raw body, JSON `{"url"}` or JSON `{"hashes"}`. In force with the next request. 201 for a new entry, 200 where the picture is in the list already; one that was lifted or has expired is put back in force.',
  request: {
    headers: idempotencyHeaders,
    params: inList,
    query: newEntryFields,
    body: imageBody(details, {
      hashes: { type: "object", description: "Instead of `url`: hashes of a picture that is not at hand, by kind" },
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
    const { picture, fields } = readPicture(await readImageBody(c));
    const given = { ...c.req.valid("query"), ...fields };
    const { entry, outcome } = await banImage(c.get("ctx"), {
      listName: name,
      picture,
      customId: given.custom_id ?? null,
      note: given.note ?? "",
      ...(given.metadata !== undefined && { metadata: given.metadata }),
      expiresAt: given.expires_at === undefined ? null : new Date(given.expires_at),
    });
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

type PictureFields = z.infer<typeof newEntryFields> & Pick<z.infer<typeof newEntrySchema>, "metadata">;

function readPicture(body: ReceivedBody): { picture: BanInput["picture"]; fields: PictureFields } {
  if (body.kind === "json") {
    const { url, hashes, ...fields } = parseFields(newEntrySchema, body.json);
    if (url !== undefined && hashes === undefined) return { picture: { url }, fields };
    if (url === undefined && hashes !== undefined && Object.values(hashes).some((hash) => hash !== undefined)) {
      return { picture: { hashes: definedOnly(hashes) }, fields };
    }
    throw new AppError(
      "image_missing",
      "Expected either a url or at least one of hashes for image but received neither or both",
      {
        field: "image",
      },
    );
  }
  const { url, ...rest } = body.fields;
  const fields = parseFields(newEntryFields, rest);
  if (body.image === null && url !== undefined) return { picture: { url }, fields };
  return { picture: requireImage(body), fields };
}

function definedOnly<Value>(record: Readonly<Record<string, Value | undefined>>): Record<string, Value> {
  return Object.fromEntries(Object.entries(record).filter((each): each is [string, Value] => each[1] !== undefined));
}
