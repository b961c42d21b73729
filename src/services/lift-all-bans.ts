import { disableEntries } from "../db/entries.ts";
import { auditEvent } from "./audit-event.ts";
import type { RequestContext } from "./context.ts";
import { getList } from "./get-list.ts";
import { requireScope } from "./require-scope.ts";

/**
 * Lifts every ban of a list at once: the entries stay for the record and match no more.
 * @returns how many were enabled
 * @throws AppError list_not_found
 */
export async function liftAllBans(ctx: RequestContext, listName: string): Promise<number> {
  const actor = requireScope(ctx, "lists");
  const list = await getList(ctx, listName);
  return await disableEntries(ctx.db, list.id, (entries) =>
    auditEvent(ctx, actor, "list.lift_entries", listName, { entries }),
  );
}
