import { changeKey } from "../db/api-keys.ts";
import { auditEvent } from "./audit-event.ts";
import type { RequestContext } from "./context.ts";
import { noSuchKey, refuseFixedKey } from "./get-api-key.ts";
import { requireScope } from "./require-scope.ts";

/**
 * Ends a key for good: at once in this process, within half a second in every other. Its usage stays.
 * @throws AppError key_not_found, key_fixed
 */
export async function revokeApiKey(ctx: RequestContext, id: string): Promise<void> {
  const actor = requireScope(ctx, "admin");
  refuseFixedKey(id);
  const row = await changeKey(ctx.db, id, { revoked: true }, auditEvent(ctx, actor, "key.revoke", id));
  ctx.keyCache.forget(id);
  if (row === null) noSuchKey(id);
}
