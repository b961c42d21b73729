import type { Classification } from "../services/check-result.ts";
import type { ModelFacts } from "../services/context.ts";
import type { Match } from "../services/match.ts";
import { groupScores, type ScoreGroups } from "../services/score-groups.ts";

/** What the lists alone say of an image: `allow` before anything else, then the gravest action; null where they are silent. */
export function listVerdict(matches: readonly Match[]): "allow" | "review" | "block" | null {
  if (matches.some((match) => match.listKind === "allow")) return "allow";
  if (matches.some((match) => match.action === "block")) return "block";
  return matches.length > 0 ? "review" : null;
}

/**
 * An image's scores in groups for clients that can act on a score and on nothing else: a list that blocks makes it as unsafe,
 * and one that allows as safe, as can be said.
 */
export function groupsAfterLists(
  judged: { readonly matches: readonly Match[]; readonly classification: Classification | null },
  model: ModelFacts,
): ScoreGroups {
  const verdict = listVerdict(judged.matches);
  if (verdict === "block") return { unsafe: 1, suggestive: 0, safe: 0 };
  if (verdict === "allow") return { unsafe: 0, suggestive: 0, safe: 1 };
  return groupScores(judged.classification?.scores ?? {}, model);
}
