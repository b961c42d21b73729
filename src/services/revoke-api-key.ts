import { changeKey } from "../db/api-keys.ts";
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
  const row = await changeKey(ctx.db, id, { revoked: true }, { actor: actor.id, action: "key.revoke", subject: id });
  ctx.keyCache.forget(id);
  if (row === null) noSuchKey(id);
}
