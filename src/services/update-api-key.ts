import { type ApiKeyRow, changeKey, findKey } from "../db/api-keys.ts";
import { AppError } from "../errors.ts";
import type { RequestContext } from "./context.ts";
import { noSuchKey, refuseFixedKey } from "./get-api-key.ts";
import { type KeyFields, keyColumns } from "./key-fields.ts";
import { requireScope } from "./require-scope.ts";

/**
 * Changes a key, and adds `refill` units to a stock. Another period starts with nothing used.
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
  if (refill !== null) await requireStock(ctx, id, fields);
  const row = await changeKey(
    ctx.db,
    id,
    { ...keyColumns(fields), ...(refill !== null && { refill }) },
    { actor: actor.id, action: "key.update", subject: id, details: { ...fields, ...(refill !== null && { refill }) } },
  );
  ctx.keyCache.forget(id);
  return row ?? noSuchKey(id);
}

async function requireStock(ctx: RequestContext, id: string, fields: Partial<KeyFields>): Promise<void> {
  const row = (await findKey(ctx.db, id)) ?? noSuchKey(id);
  const { limit, period } = fields.quota ?? { limit: row.quotaLimit, period: row.quotaPeriod };
  if (limit !== null && period === "none") return;
  throw new AppError("parameter_invalid", "Expected a key whose quota has a limit and the period none for refill", {
    field: "refill",
  });
}
