import { type KeyUsageRow, readUsage } from "../db/key-usage.ts";
import type { RequestContext } from "./context.ts";
import { getApiKey } from "./get-api-key.ts";

export type { KeyUsageRow };

/**
 * What a key did by UTC day, `from` and `to` included (`YYYY-MM-DD`); days without use are left out.
 * @throws AppError key_not_found
 */
export async function readKeyUsage(ctx: RequestContext, id: string, from: string, to: string): Promise<KeyUsageRow[]> {
  await getApiKey(ctx, id);
  await ctx.lookUpCounts.flush(ctx.db);
  return await readUsage(ctx.db, id, from, to);
}
