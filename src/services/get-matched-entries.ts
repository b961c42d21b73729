import { findEntriesById } from "../db/entries.ts";
import type { RequestContext } from "./context.ts";
import { internalId } from "./ids.ts";
import type { Match } from "./match.ts";
import { requireScopeOfKey } from "./require-scope.ts";

/** A match with what its entry says of itself. */
export interface MatchedEntry {
  readonly match: Match;
  readonly entryNumber: bigint;
  readonly listNumber: bigint;
  /** The owner's texts by name. */
  readonly metadata: Readonly<Record<string, string>>;
}

/** The entries behind the matches of a check, in the same order. */
export async function getMatchedEntries(ctx: RequestContext, matches: readonly Match[]): Promise<MatchedEntry[]> {
  requireScopeOfKey(ctx, "check");
  const numbers = matches.map(({ entryId }) => internalId("entry", entryId));
  const rows = await findEntriesById(
    ctx.db,
    numbers.filter((number) => number !== null),
  );
  return matches.flatMap((match, place) => {
    const row = rows.find(({ id }) => id === numbers[place]);
    return row === undefined ? [] : [{ match, entryNumber: row.id, listNumber: row.listId, metadata: row.metadata }];
  });
}
