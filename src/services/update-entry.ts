import { changeEntry, type EntryChanges, type EntryRow } from "../db/entries.ts";
import { auditEvent } from "./audit-event.ts";
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
  const action = changes.enabled === false ? "entry.lift" : "entry.update";
  const event = auditEvent(ctx, actor, action, entryId, { list: listName, ...changes });
  const row = await changeEntry(ctx.db, listName, entryNumber(entryId), changes, event);
  return row ?? noSuchEntry(entryId);
}
