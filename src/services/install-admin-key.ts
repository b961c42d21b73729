import { insertFirstAdminKey, insertFixedKey, type NewApiKey } from "../db/api-keys.ts";
import { hashSecret, newKeyToken } from "./api-key-token.ts";
import { FIXED_KEY_ID } from "./authenticate.ts";
import { type AppContext, SCOPES } from "./context.ts";

const EVERYTHING: Pick<NewApiKey, "scopes" | "quotaLimit" | "quotaPeriod"> = {
  scopes: [...SCOPES],
  quotaLimit: null,
  quotaPeriod: "none",
};

/**
 * Sees to it that somebody can administer a new service. With ADMIN_KEY set that string is a key with every scope;
 * without, and without any admin key yet, one is made and its token returned to be shown this once. Of many processes that
 * start at once the last waits for the others, and may wait longer than a request.
 */
export async function installAdminKey(ctx: Pick<AppContext, "db" | "config">): Promise<string | null> {
  if (ctx.config.adminKey !== null) {
    const name = "ADMIN_KEY";
    const event = { actor: "system", action: "key.create", subject: FIXED_KEY_ID, details: { name } };
    await insertFixedKey(ctx.db.patient, { ...EVERYTHING, id: FIXED_KEY_ID, name, secretHash: null }, event);
    return null;
  }
  const name = "first admin key";
  const issued = newKeyToken();
  const made = await insertFirstAdminKey(
    ctx.db.patient,
    { ...EVERYTHING, id: issued.id, name, secretHash: hashSecret(issued.secret) },
    { actor: "system", action: "key.create", subject: issued.id, details: { name } },
  );
  return made ? issued.token : null;
}
