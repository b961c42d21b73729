import { retireList } from "../db/lists.ts";
import { auditEvent } from "./audit-event.ts";
import type { RequestContext } from "./context.ts";
import { noSuchList } from "./get-list.ts";
import { requireScope } from "./require-scope.ts";

/**
 * Takes a list out of use and frees its name. Its entries stay in the database for the record and match no more.
 * @throws AppError list_not_found
 */
export async function deleteList(ctx: RequestContext, name: string): Promise<void> {
  const actor = requireScope(ctx, "lists");
  const retired = await retireList(ctx.db, name, auditEvent(ctx, actor, "list.delete", name));
  if (!retired) noSuchList(name);
}
