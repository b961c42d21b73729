import type { Context, Hono } from "hono";
import { readImageBody } from "../../http/read-body.ts";
import type { AppEnv } from "../../http/request-variables.ts";
import type { RequestContext, Scope } from "../../services/context.ts";
import { createList } from "../../services/create-list.ts";
import { deleteList } from "../../services/delete-list.ts";
import { findListById } from "../../services/find-list-by-id.ts";
import type { ListRow } from "../../services/get-list.ts";
import { listLists } from "../../services/list-lists.ts";
import { updateList } from "../../services/update-list.ts";
import { indexRefreshed } from "./answers.ts";
import { listChanges, newListFields, newListName, presentImageList, readDetails } from "./image-lists.ts";
import { noSuchNumber, readNumber, tellsNumber } from "./numbers.ts";

const PAGE = 1000;

/** `/lists/v1.0/imagelists` and what is below each list, but for its images. */
export function registerImageLists(surface: Hono<AppEnv>, still: (c: Context<AppEnv>) => Promise<void>): void {
  surface.post("/lists/v1.0/imagelists", async (c) => {
    const { json } = await readImageBody(c, { jsonOnly: true });
    await still(c);
    const details = readDetails(json);
    return c.json(presentImageList(await createList(c.get("ctx"), newListName(details), newListFields(details))));
  });

  surface.get("/lists/v1.0/imagelists", async (c) => c.json((await allImageLists(c.get("ctx"))).map(presentImageList)));

  surface.get("/lists/v1.0/imagelists/:listId", async (c) => {
    return c.json(presentImageList(await requireImageList(c.get("ctx"), c.req.param("listId"), "lists")));
  });

  surface.put("/lists/v1.0/imagelists/:listId", async (c) => {
    const { json } = await readImageBody(c, { jsonOnly: true });
    await still(c);
    const ctx = c.get("ctx");
    const row = await requireImageList(ctx, c.req.param("listId"), "lists");
    return c.json(presentImageList(await updateList(ctx, row.name, listChanges(row, readDetails(json)))));
  });

  surface.delete("/lists/v1.0/imagelists/:listId", async (c) => {
    const ctx = c.get("ctx");
    const { name } = await requireImageList(ctx, c.req.param("listId"), "lists");
    await deleteList(ctx, name);
    return c.json("");
  });

  surface.post("/lists/v1.0/imagelists/:listId/RefreshIndex", async (c) => {
    const { id } = await requireImageList(c.get("ctx"), c.req.param("listId"), "lists");
    return c.json(indexRefreshed(id, c.get("requestId")));
  });
}

/**
 * An image list of the vendor's is any disallow list of ours, made here or not.
 * @param listId the list's number
 * @throws AppError list_not_found
 */
export async function requireImageList(ctx: RequestContext, listId: string, scope: Scope): Promise<ListRow> {
  const number = readNumber(listId, "list");
  const row = await findListById(ctx, number, scope).catch(tellsNumber(listId, "list"));
  if (row.kind === "disallow") return row;
  throw noSuchNumber(listId, "list");
}

async function allImageLists(ctx: RequestContext): Promise<ListRow[]> {
  const lists: ListRow[] = [];
  for (let after: string | null = ""; after !== null; ) {
    const { rows, next } = await listLists(ctx, after, PAGE);
    lists.push(...rows.filter(({ kind }) => kind === "disallow"));
    after = next;
  }
  return lists;
}
