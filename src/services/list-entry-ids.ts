import { findLiveEntryIds } from "../db/entries.ts";
import type { RequestContext } from "./context.ts";
import { requireScope } from "./require-scope.ts";

/** Numbers of the entries of a list that match now, all of them, in the order they were added. */
export async function listEntryIds(ctx: RequestContext, listId: bigint): Promise<bigint[]> {
  requireScope(ctx, "lists");
  return await findLiveEntryIds(ctx.db, listId);
}
