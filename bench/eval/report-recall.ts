import type { Attack } from "./attack.ts";
import { copiesOf, type Evaluation, recall } from "./evaluation.ts";
import { percent, table } from "./markdown.ts";
import { comparisons, type Measure, type Tally } from "./measures.ts";
import { CUSTOMARY_PEER_BITS, type Thresholds } from "./thresholds.ts";

const MAIN = ["pdq", "blockhash", "neural", "fast", "robust", "pHash", "dHash"] as const;
const LOOKS = ["pdq upright", "pdq turned", "pdq", "blockhash upright", "blockhash turned", "blockhash"] as const;
const ALONE = ["pdq", "blockhash", "neural", "pHash", "dHash"] as const;
/** Percentage points of recall by which a row of the looks is worth showing. */
const WORTH = 0.0005;

/** Recall of every attack, and of the groups. */
export function recallTable(evaluation: Evaluation): string {
  const { attacks, judgement, shipped } = evaluation;
  const row = (name: string, tally: Tally) => [name, ...cells(tally, MAIN, shipped)];
  const group = (name: string, chosen: (attack: Attack) => boolean) =>
    attacks.some(chosen) ? [row(`**${name}**`, copiesOf(evaluation, chosen))] : [];
  const rows = [
    ...attacks.map(({ name }, i) => row(name, judgement.copies[i]!)),
    ...group("first group", (attack) => attack.group === "first"),
    ...group("second group", (attack) => attack.group === "second"),
    ...group("chains", (attack) => attack.group === "chain"),
  ];
  return table(["attack", "PDQ", "blockhash", "neural", "**fast**", "**robust**", "pHash", "dHash"], rows);
}

/** What turning and trimming add, where they add anything. */
export function looksTable({ attacks, judgement, shipped }: Evaluation): string {
  const rows = attacks.flatMap(({ name }, i) => {
    const tally = judgement.copies[i]!;
    const gain = (from: Measure, to: Measure) =>
      (recall(tally, to, shipped) ?? 0) - (recall(tally, from, shipped) ?? 0);
    const worth = gain("pdq upright", "pdq") >= WORTH || gain("blockhash upright", "blockhash") >= WORTH;
    return worth ? [[name, ...cells(tally, LOOKS, shipped)]] : [];
  });
  return table(["attack", "PDQ", "turned", "and trimmed", "blockhash", "turned", "and trimmed"], rows);
}

/** Each fingerprint alone at the largest threshold without a false pair; the peers also at the customary one. */
export function aloneTable(evaluation: Evaluation): string {
  const { withoutFalsePairs, judgement } = evaluation;
  const customary = { ...withoutFalsePairs, pHash: CUSTOMARY_PEER_BITS, dHash: CUSTOMARY_PEER_BITS };
  const families = [...new Set(evaluation.attacks.map(({ family }) => family))];
  const rows = families.map((family) => {
    const tally = copiesOf(evaluation, (attack) => attack.family === family);
    return [family, ...cells(tally, ALONE, withoutFalsePairs), ...cells(tally, ["pHash", "dHash"], customary)];
  });
  const head = (name: string, measure: (typeof ALONE)[number]) =>
    comparisons(judgement.pairs, measure) === 0 ? name : `${name} ${withoutFalsePairs[measure]}`;
  const heads = [
    head("PDQ", "pdq"),
    head("blockhash", "blockhash"),
    head("neural", "neural"),
    head("pHash", "pHash"),
    head("dHash", "dHash"),
    `pHash ${CUSTOMARY_PEER_BITS}`,
    `dHash ${CUSTOMARY_PEER_BITS}`,
  ];
  return table(["family", ...heads], rows);
}

function cells(tally: Tally, measures: readonly Measure[], thresholds: Thresholds): string[] {
  return measures.map((measure) => percent(recall(tally, measure, thresholds)));
}
