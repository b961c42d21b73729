import { rateUpperBound } from "./binomial.ts";
import type { Evaluation } from "./evaluation.ts";
import { rate, table, whole } from "./markdown.ts";
import { comparisons, FAR, HASH_MEASURES, type HashMeasure, type Measure, type Tally, within } from "./measures.ts";
import { RULE_NAMES } from "./rules.ts";
import { CUSTOMARY_PEER_BITS } from "./thresholds.ts";

const SHOWN = ["pdq", "blockhash", "neural", ...RULE_NAMES, "pHash", "dHash"] as const;

const LOOKED_BY = ["pdq", "blockhash", "neural"] as const;
const FALSE_SHOWN = 20;

/** False matches among different photos, and of attacked copies with other photos than their own. */
export function falseTable({ judgement, shipped }: Evaluation): string {
  const { pairs, strangers } = judgement;
  const row = (measure: Measure, threshold: number | null) => [
    threshold === null ? `**${measure}**` : `${measure} ${threshold}`,
    ...rateCells(pairs, measure, threshold ?? 0),
    ...rateCells(strangers, measure, threshold ?? 0),
  ];
  const rows = [
    ...SHOWN.flatMap((measure) => {
      if (measure === "fast" || measure === "robust") return [row(measure, null)];
      return comparisons(pairs, measure) === 0 ? [] : [row(measure, shipped[measure])];
    }),
    row("pHash", CUSTOMARY_PEER_BITS),
    row("dHash", CUSTOMARY_PEER_BITS),
  ];
  const heads = ["pairs", "false", "rate below", "copies and others", "false", "rate below"];
  return table(["by", ...heads], rows);
}

function rateCells(tally: Tally, measure: Measure, threshold: number): string[] {
  const [found, tries] = [within(tally, measure, threshold), comparisons(tally, measure)];
  return [whole(tries), whole(found), rate(rateUpperBound(found, tries))];
}

/** The photos that attacked copies of others are taken for, and by how many of the attacks. */
export function falseMatchesTable({ photos, judgement }: Evaluation): string {
  const counts = new Map<string, number>();
  for (const { rule, from, matched } of judgement.falseMatches) {
    const key = [rule, photos[from]?.name, photos[matched]?.name].join(" | ");
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  if (counts.size === 0) return "No attacked copy matches another photo than its own.";
  const rows = [...counts].sort(([, a], [, b]) => b - a).slice(0, FALSE_SHOWN);
  return table(
    ["rule", "copies of", "match", "attacks"],
    rows.map(([key, count]) => [...key.split(" | "), String(count)]),
  );
}

/** How near the nearest different photos come, by each measure. */
export function nearestTable({ judgement }: Evaluation): string {
  const { pairs } = judgement;
  const rows = HASH_MEASURES.filter((measure) => comparisons(pairs, measure) > 0).map((measure) => {
    const distances = [1, 10, 100].map((count) => {
      const at = pairs.counts[measure].findIndex((_, distance) => within(pairs, measure, distance) >= count);
      return at < 0 ? "" : String(at);
    });
    return [measure, ...distances];
  });
  return table(["bits", "nearest pair", "10th", "100th"], rows);
}

/** Every pair of these photos that was looked at, nearest by PDQ first, with its distances. */
export function lookedAtTable({ judgement }: Evaluation): string {
  const bits = (distances: Uint8Array, measure: HashMeasure) => distances[HASH_MEASURES.indexOf(measure)]!;
  const sorted = judgement.lookedAt.toSorted((a, b) => bits(a.distances, "pdq") - bits(b.distances, "pdq"));
  const rows = sorted.map(({ photos: [one, other], same, seen, distances }) => {
    const cells = LOOKED_BY.map((measure) => shownBits(bits(distances, measure)));
    return [`${one}, ${other}`, same ? "the same" : "different", seen, ...cells];
  });
  return table(["photos", "show", "", ...LOOKED_BY], rows);
}

function shownBits(distance: number): string {
  return distance === FAR ? "" : String(distance);
}

/** The nearest pairs by each measure that nobody has looked at yet, for whoever runs this: no part of the document. */
export function nearPairsToLookAt({ photos, judgement }: Evaluation): string {
  const known = new Set(judgement.lookedAt.flatMap(({ a, b }) => [`${a} ${b}`, `${b} ${a}`]));
  const rows = LOOKED_BY.flatMap((measure) =>
    judgement.nearest[measure].flatMap(({ a, b, distances }) => {
      const bits = String(distances[HASH_MEASURES.indexOf(measure)]);
      return known.has(`${a} ${b}`) ? [] : [[measure, bits, `${photos[a]?.name} ${photos[b]?.name}`]];
    }),
  );
  return table(["nearest, not looked at yet, by", "bits", "photos"], rows);
}
