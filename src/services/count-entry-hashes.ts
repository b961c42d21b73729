import type { EntryHashCounts, HashCount } from "../db/entry-hash-counts.ts";
import type { RequestContext } from "./context.ts";
import { requireScope } from "./require-scope.ts";

export type { EntryHashCounts, HashCount };

/** How many hashes the disallow lists hold. */
export async function countEntryHashes(ctx: RequestContext): Promise<EntryHashCounts> {
  requireScope(ctx, "lists");
  return await ctx.entryCounter.count(ctx.db);
}
