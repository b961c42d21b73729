import { findListsByName, type ListRow } from "../db/lists.ts";
import type { RequestContext } from "./context.ts";
import type { Match } from "./match.ts";
import { requireScopeOfKey } from "./require-scope.ts";

/** The lists behind the matches of a check or look-up, in no order; those that were deleted meanwhile are left out. */
export async function getMatchedLists(
  ctx: RequestContext,
  matches: readonly Pick<Match, "list">[],
): Promise<ListRow[]> {
  requireScopeOfKey(ctx, "check");
  return await findListsByName(ctx.db, [...new Set(matches.map(({ list }) => list))]);
}
