import type { ProfileAnswer } from "../services/check-profiles.ts";
import type { QuotaFacts } from "../services/check-result.ts";
import type { NameMatch } from "../services/match-names.ts";
import { presentCheck, presentQuota } from "./present.ts";
import type { Problem } from "./problem.ts";

/** The native API's JSON of one profile. */
export function presentProfile(
  answer: ProfileAnswer,
  { id, error, quota }: { id: string | null; error: Problem | null; quota: QuotaFacts },
) {
  return {
    id,
    action: answer.action,
    reasons: [...answer.reasons],
    name: answer.name && { folded: answer.name.folded, matches: answer.name.matches.map(presentNameMatch) },
    picture: answer.check && presentCheck(answer.check),
    safe: answer.safe,
    error,
    quota: presentQuota({ ...quota, charged: answer.charged }),
  };
}

function presentNameMatch(match: NameMatch) {
  return {
    list: match.list,
    entry_id: match.entryId,
    custom_id: match.customId,
    pattern: match.pattern,
    syntax: match.syntax,
    matched_text: match.matchedText,
  };
}
