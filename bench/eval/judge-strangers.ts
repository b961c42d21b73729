import { rowComparer } from "./compare-rows.ts";
import { type FeatureTable, rowOf } from "./feature-table.ts";
import { countDistances, emptyTally, MEASURES, type Tally } from "./measures.ts";
import { RULE_NAMES, type RuleName } from "./rules.ts";

/** An attacked copy of one photo that a rule takes for another photo. */
export interface FalseMatch {
  readonly rule: RuleName;
  /** Places: of the attack, of the photo it was made from, and of the one it was taken for. */
  readonly attack: number;
  readonly from: number;
  readonly matched: number;
}

/** There are far more strangers than pairs, so what is farther apart than any threshold isn't told apart. */
const BOUND = 72;

/** Compares every attacked copy with all photos but its own. @param same as for pairs */
export function judgeStrangers(
  table: FeatureTable,
  photos: readonly number[],
  attacks: number,
  same: (a: number, b: number) => boolean,
): { strangers: Tally; falseMatches: FalseMatch[] } {
  const compare = rowComparer(table, BOUND);
  const rules = RULE_NAMES.map((rule) => ({ rule, at: MEASURES.indexOf(rule) }));
  const strangers = emptyTally();
  const falseMatches: FalseMatch[] = [];
  for (const from of photos) {
    const others = photos.filter((other) => other !== from && !same(from, other));
    for (let attack = 0; attack < attacks; attack++) {
      const copy = rowOf(from, attacks, attack);
      for (const matched of others) {
        const distances = compare(copy, rowOf(matched, attacks, null));
        countDistances(strangers, distances, table.has[copy]!);
        for (const { rule, at } of rules) {
          if (distances[at] === 0) falseMatches.push({ rule, attack, from, matched });
        }
      }
    }
  }
  return { strangers, falseMatches };
}
