import type { Evaluation } from "./evaluation.ts";
import { GOALS, type Goal } from "./goals.ts";
import { percent, table, whole } from "./markdown.ts";
import { comparisons, share, within } from "./measures.ts";
import { RULE_NAMES } from "./rules.ts";

/** Goals beside what was reached: of several attacks, by the one that is found least. */
export function goalsTable(evaluation: Evaluation): string {
  const recalls = GOALS.flatMap((goal) => {
    const [least] = reached(evaluation, goal).sort((a, b) => a.recall - b.recall);
    if (least === undefined) return [];
    const met = 100 * least.recall >= goal.wanted ? "met" : "**missed**";
    const which = goal.attacks.length > 1 ? ` (${least.attack})` : "";
    return [[`${goal.what}; ${goal.rule}`, `${goal.wanted} %`, `${percent(least.recall)} %${which}`, met]];
  });
  const { pairs } = evaluation.judgement;
  const falsePairs = RULE_NAMES.map((rule) => {
    const found = within(pairs, rule, 0);
    const of = `${whole(found)} of ${whole(comparisons(pairs, rule))}`;
    return [`different photos that match; ${rule}`, "0", of, found === 0 ? "met" : "**missed**"];
  });
  return table(["what; by which rule", "goal", "reached", ""], [...recalls, ...falsePairs]);
}

function reached({ attacks, judgement }: Evaluation, goal: Goal): { attack: string; recall: number }[] {
  return goal.attacks.flatMap((attack) => {
    const tally = judgement.copies[attacks.findIndex(({ name }) => name === attack)];
    return tally === undefined ? [] : [{ attack, recall: share(tally, goal.rule, 0) ?? 0 }];
  });
}
