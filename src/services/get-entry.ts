import { type EntryRow, findEntry } from "../db/entries.ts";
import { AppError } from "../errors.ts";
import type { RequestContext } from "./context.ts";
import { getList } from "./get-list.ts";
import { internalId } from "./ids.ts";
import { requireScope } from "./require-scope.ts";

export type { EntryRow };

/** @throws AppError list_not_found, entry_not_found */
export async function getEntry(ctx: RequestContext, listName: string, entryId: string): Promise<EntryRow> {
  requireScope(ctx, "lists");
  await getList(ctx, listName);
  const row = await findEntry(ctx.db, listName, entryNumber(entryId));
  return row ?? noSuchEntry(entryId);
}

/** @throws AppError entry_not_found where the text is not an entry's id at all */
export function entryNumber(entryId: string): bigint {
  return internalId("entry", entryId) ?? noSuchEntry(entryId);
}

/** @throws AppError entry_not_found */
export function noSuchEntry(entryId: string): never {
  throw new AppError("entry_not_found", `Expected the id of an entry of this list but received ${entryId}`, {
    field: "id",
  });
}
