import type { MatchRule } from "../../src/fingerprint/decision.ts";
import { DEFAULT_MATCH_RULE } from "../../src/fingerprint/default-rule.ts";

/** Never met, so that a part of a rule counts for nothing. */
const NEVER = -1;

/** What a list matches by that names no thresholds: `fast` by looks alone, `robust` by the neural hash too. */
export const SHIPPED_RULES: Readonly<Record<RuleName, MatchRule>> = {
  fast: { ...DEFAULT_MATCH_RULE, neural: NEVER },
  robust: DEFAULT_MATCH_RULE,
};

export const RULE_NAMES = ["fast", "robust"] as const;
export type RuleName = (typeof RULE_NAMES)[number];
