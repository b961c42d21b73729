import type { MatchRule } from "../../src/fingerprint/decision.ts";
import { DEFAULT_LIST_THRESHOLDS } from "../../src/fingerprint/reuse.ts";

/** Never met, so that a part of a rule counts for nothing. */
const NEVER = -1;

/** What lists match by that name no thresholds: `fast` by looks alone, `robust` by the neural hash too. */
export const SHIPPED_RULES = {
  fast: { ...DEFAULT_LIST_THRESHOLDS, agreement: { pdq: NEVER, blockhash: NEVER }, neural: NEVER },
  robust: { ...DEFAULT_LIST_THRESHOLDS, agreement: { pdq: NEVER, blockhash: NEVER }, neural: NEVER },
} as const satisfies Record<string, MatchRule>;
export type RuleName = keyof typeof SHIPPED_RULES;
export const RULE_NAMES = Object.keys(SHIPPED_RULES) as readonly RuleName[];
