import type { Evaluation } from "./evaluation.ts";
import { GOALS } from "./goals.ts";
import { percent, table, whole } from "./markdown.ts";
import { comparisons, share, within } from "./measures.ts";
import { RULE_NAMES } from "./rules.ts";

/** Goals beside what was reached. */
export function goalsTable({ attacks, judgement }: Evaluation): string {
  const recalls = GOALS.flatMap(({ attack, rule, wanted, reachedBy }) => {
    const tally = judgement.copies[attacks.findIndex(({ name }) => name === attack)];
    if (tally === undefined) return [];
    const reached = share(tally, rule, 0) ?? 0;
    const met = 100 * reached >= wanted ? "met" : "missed";
    return [[`${attack}, ${rule}`, `${wanted} % (${reachedBy})`, `${percent(reached)} %`, met]];
  });
  const falsePairs = RULE_NAMES.map((rule) => {
    const found = within(judgement.pairs, rule, 0);
    const reached = `${whole(found)} of ${whole(comparisons(judgement.pairs, rule))}`;
    return [`different photos that match, ${rule}`, "0", reached, found === 0 ? "met" : "missed"];
  });
  return table(["what", "goal", "reached", ""], [...recalls, ...falsePairs]);
}
