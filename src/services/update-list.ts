import { changeList, findList, type ListChanges, type ListRow } from "../db/lists.ts";
import { AppError } from "../errors.ts";
import { auditEvent } from "./audit-event.ts";
import type { RequestContext } from "./context.ts";
import { nameTaken } from "./create-list.ts";
import { noSuchList } from "./get-list.ts";
import { requireNeuralHash } from "./require-neural-hash.ts";
import { requireScope } from "./require-scope.ts";

/**
 * Changes a list; the next request anywhere goes by the new thresholds and state, and by a new name.
 * @throws AppError list_not_found; list_exists for a name that another list has; list_kind_mismatch where what it holds isn't of that kind; match_unavailable where it is to match by a hash that the model doesn't give
 */
export async function updateList(ctx: RequestContext, name: string, fields: ListChanges): Promise<ListRow> {
  const actor = requireScope(ctx, "lists");
  if (fields.match === "robust") requireNeuralHash(ctx, "match");
  const event = auditEvent(ctx, actor, "list.update", name, fields);
  const changed = await changeList(ctx.db, name, fields, event);
  if (changed === "taken") throw nameTaken(fields.name ?? name);
  if (changed !== null) return changed;
  if (fields.kind === undefined || (await findList(ctx.db, name)) === null) return noSuchList(name);
  const kind = fields.kind === "names" ? "disallow or allow" : "names";
  throw new AppError(
    "list_kind_mismatch",
    `Expected ${kind} for kind of the list ${name} but received ${fields.kind}`,
    {
      field: "kind",
    },
  );
}
