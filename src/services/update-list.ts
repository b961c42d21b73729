import { changeList, type ListFields, type ListRow } from "../db/lists.ts";
import { auditEvent } from "./audit-event.ts";
import type { RequestContext } from "./context.ts";
import { noSuchList } from "./get-list.ts";
import { requireNeuralHash } from "./require-neural-hash.ts";
import { requireScope } from "./require-scope.ts";

/**
 * Changes a list; the next request anywhere goes by the new thresholds and state.
 * @throws AppError list_not_found; match_unavailable where it is to match by a hash that the model doesn't give
 */
export async function updateList(ctx: RequestContext, name: string, fields: Partial<ListFields>): Promise<ListRow> {
  const actor = requireScope(ctx, "lists");
  if (fields.match === "robust") requireNeuralHash(ctx, "match");
  const event = auditEvent(ctx, actor, "list.update", name, fields);
  return (await changeList(ctx.db, name, fields, event)) ?? noSuchList(name);
}
