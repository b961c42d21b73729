import type { Match } from "../services/match.ts";

/** Names of the lists that a picture matches, each once. */
export function listsOf(matches: readonly Match[]): string[] {
  return [...new Set(matches.map((match) => match.list))];
}

/**
 * What lists say of a picture, beside a vendor's own members where one of ours has a say: those vendors' APIs know no lists, and
 * what they tell of scores stays the model's.
 */
export function listMember({ verdict, matches }: { readonly verdict: string; readonly matches: readonly Match[] }) {
  return matches.length === 0 ? {} : { lookalike: { verdict, lists: listsOf(matches) } };
}
