import { changeKey } from "../db/api-keys.ts";
import { hashSecret, newSecret } from "./api-key-token.ts";
import { auditEvent } from "./audit-event.ts";
import type { RequestContext } from "./context.ts";
import type { IssuedKey } from "./create-api-key.ts";
import { noSuchKey, refuseFixedKey } from "./get-api-key.ts";
import { requireScope } from "./require-scope.ts";

/**
 * Gives a key a new secret; the old one ends as with a revocation. Id, quota and usage stay.
 * @throws AppError key_not_found, key_fixed
 */
export async function rotateApiKey(ctx: RequestContext, id: string): Promise<IssuedKey> {
  const actor = requireScope(ctx, "admin");
  refuseFixedKey(id);
  const issued = newSecret(id);
  const changes = { secretHash: hashSecret(issued.secret), rotated: true };
  const row = await changeKey(ctx.db, id, changes, auditEvent(ctx, actor, "key.rotate", id));
  ctx.keyCache.forget(id);
  return { row: row ?? noSuchKey(id), issued };
}
