import type { EntryHashCounts, HashCount } from "../db/entry-hash-counts.ts";
import type { RequestContext } from "./context.ts";
import { createEntryCounter, type EntryCounter } from "./entry-counter.ts";
import { requireScope } from "./require-scope.ts";

export type { EntryHashCounts, HashCount };

const counters = new WeakMap<RequestContext["db"], EntryCounter>();

/** How many hashes the disallow lists hold. */
export async function countEntryHashes(ctx: RequestContext): Promise<EntryHashCounts> {
  requireScope(ctx, "lists");
  const counter = counters.get(ctx.db) ?? createEntryCounter();
  counters.set(ctx.db, counter);
  return await counter.count(ctx.db);
}
