import { changeList, type ListFields, type ListRow } from "../db/lists.ts";
import type { RequestContext } from "./context.ts";
import { noSuchList } from "./get-list.ts";
import { requireScope } from "./require-scope.ts";

/**
 * Changes a list; the next request anywhere goes by the new thresholds and state.
 * @throws AppError list_not_found
 */
export async function updateList(ctx: RequestContext, name: string, fields: Partial<ListFields>): Promise<ListRow> {
  const actor = requireScope(ctx, "lists");
  const event = { actor: actor.id, action: "list.update", subject: name, details: fields };
  return (await changeList(ctx.db, name, fields, event)) ?? noSuchList(name);
}
