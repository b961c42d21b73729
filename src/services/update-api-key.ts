import { type ApiKeyRow, changeKey, findLiveKey } from "../db/api-keys.ts";
import { AppError } from "../errors.ts";
import { auditEvent } from "./audit-event.ts";
import type { RequestContext } from "./context.ts";
import { noSuchKey, refuseFixedKey } from "./get-api-key.ts";
import { type KeyFields, keyColumns } from "./key-fields.ts";
import { requireScope } from "./require-scope.ts";

/**
 * Changes a key, and adds `refill` units to a stock. Another period starts with nothing used; no change at all is a read.
 * @throws AppError key_not_found; key_fixed; parameter_invalid for a refill of what is no stock
 */
export async function updateApiKey(
  ctx: RequestContext,
  id: string,
  fields: Partial<KeyFields>,
  refill: number | null,
): Promise<ApiKeyRow> {
  const actor = requireScope(ctx, "admin");
  refuseFixedKey(id);
  const changes = { ...keyColumns(fields), ...(refill !== null && { refill }) };
  if (Object.keys(changes).length === 0) return (await findLiveKey(ctx.db, id)) ?? noSuchKey(id);
  const details = { ...fields, ...(refill !== null && { refill }) };
  const row = await changeKey(ctx.db, id, changes, auditEvent(ctx, actor, "key.update", id, details));
  ctx.keyCache.forget(id);
  if (row !== null) return row;
  if (refill === null || (await findLiveKey(ctx.db, id)) === null) noSuchKey(id);
  throw new AppError("parameter_invalid", "Expected a key whose quota has a limit and the period none for refill", {
    field: "refill",
  });
}
