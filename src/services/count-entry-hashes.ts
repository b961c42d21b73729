import { type EntryHashCounts, readEntryHashCounts } from "../db/entry-hash-counts.ts";
import type { RequestContext } from "./context.ts";
import { requireScope } from "./require-scope.ts";

export type { EntryHashCounts };

/** How many hashes the disallow lists hold. */
export async function countEntryHashes(ctx: RequestContext): Promise<EntryHashCounts> {
  requireScope(ctx, "lists");
  return await readEntryHashCounts(ctx.db);
}
