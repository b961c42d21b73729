import type { CheckResult } from "../../services/check-result.ts";

/**
 * What lists say of a picture, beside the vendor's members where one of ours has a say: its API knows no lists, and the
 * categories stay those of the model.
 */
export function listMember({ verdict, matches }: Pick<CheckResult, "verdict" | "matches">) {
  if (matches.length === 0) return {};
  return { lookalike: { verdict, lists: [...new Set(matches.map((match) => match.list))] } };
}
