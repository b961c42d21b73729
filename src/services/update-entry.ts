import { changeEntry, type EntryChanges, type EntryRow } from "../db/entries.ts";
import type { RequestContext } from "./context.ts";
import { entryNumber, noSuchEntry } from "./get-entry.ts";
import { getList } from "./get-list.ts";
import { requireScope } from "./require-scope.ts";

/** @throws AppError list_not_found, entry_not_found */
export async function updateEntry(
  ctx: RequestContext,
  listName: string,
  entryId: string,
  changes: EntryChanges,
): Promise<EntryRow> {
  const actor = requireScope(ctx, "lists");
  await getList(ctx, listName);
  const row = await changeEntry(ctx.db, listName, entryNumber(entryId), changes, {
    actor: actor.id,
    action: changes.enabled === false ? "entry.lift" : "entry.update",
    subject: entryId,
    details: { list: listName, ...changes },
  });
  return row ?? noSuchEntry(entryId);
}
