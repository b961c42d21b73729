import type { Match } from "../../services/match.ts";

// The vendor documents how an image gets into a list, but neither what a check against lists is asked with nor what it
// answers. The names here are ours alone, so that they can't be taken for the vendor's; whoever learns those changes this file.

/** Which lists an image is held against, by ids or names with commas between them; every enabled one where it is missing. */
export const LISTS_PARAMETER = "lookalike_lists";

/** What an answer says of the entries that an image matches, in `lookalike.matches`. */
export function presentMatches(matches: readonly Match[]) {
  return matches.map(({ list, entryId, customId, hash, distance, threshold, transform }) => ({
    list,
    entry_id: entryId,
    custom_id: customId,
    hash,
    distance,
    threshold,
    transform,
  }));
}
