import { insertFirstAdminKey, upsertFixedKey } from "../db/api-keys.ts";
import { hashSecret, newKeyToken } from "./api-key-token.ts";
import { FIXED_KEY_ID } from "./authenticate.ts";
import { type AppContext, SCOPES } from "./context.ts";

/**
 * Sees to it that somebody can administer a new service. With ADMIN_KEY set that string is a key with every scope;
 * without, and without any admin key yet, one is made and its token returned to be shown this once.
 */
export async function installAdminKey(ctx: Pick<AppContext, "db" | "config">): Promise<string | null> {
  if (ctx.config.adminKey !== null) {
    await upsertFixedKey(ctx.db, FIXED_KEY_ID, [...SCOPES]);
    return null;
  }
  const issued = newKeyToken();
  const made = await insertFirstAdminKey(
    ctx.db,
    {
      id: issued.id,
      name: "first admin key",
      secretHash: hashSecret(issued.secret),
      scopes: [...SCOPES],
      quotaLimit: null,
      quotaPeriod: "none",
    },
    { actor: "system", action: "key.create", subject: issued.id, details: { name: "first admin key" } },
  );
  return made ? issued.token : null;
}
