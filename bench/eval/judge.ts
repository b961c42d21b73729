import { type Agreements, tryAgreements } from "./agreement.ts";
import { rowComparer } from "./compare-rows.ts";
import { type FeatureTable, rowOf } from "./feature-table.ts";
import { judgePairs, type NearPair, pairComparer } from "./judge-pairs.ts";
import { type FalseMatch, judgeStrangers } from "./judge-strangers.ts";
import { type PlacedPair, sameIn } from "./looked-at-pairs.ts";
import { countDistances, emptyTally, FAR, type HashMeasure, type Tally } from "./measures.ts";
import { HAS } from "./record.ts";

export interface Judgement {
  /** Each attack's copies against the photos they were made from. */
  readonly copies: readonly Tally[];
  /** All pairs of different photos; the nearer of the two ways to ask. */
  readonly pairs: Tally;
  /** The nearest pairs by each measure, nearest first, those that show the same among them. */
  readonly nearest: Readonly<Record<HashMeasure, readonly NearPair[]>>;
  readonly lookedAt: readonly (PlacedPair & NearPair)[];
  readonly agreements: Agreements;
  /** Every attack's copies against all photos but their own. */
  readonly strangers: Tally;
  readonly falseMatches: readonly FalseMatch[];
  /** Places of the photos without enough detail to be searched by looks, which are left out of everything. */
  readonly insufficient: readonly number[];
}

/**
 * @param table a row for each photo and each of its attacked copies
 * @param lookedAt pairs that are known to show the same, or not to
 */
export function judge(
  table: FeatureTable,
  photos: number,
  attacks: number,
  lookedAt: readonly PlacedPair[],
): Judgement {
  const all = Array.from({ length: photos }, (_, photo) => photo);
  const searchable = all.filter((photo) => table.has[rowOf(photo, attacks, null)]! & (HAS.whole | HAS.trimmed));
  const same = sameIn(lookedAt);
  const compare = pairComparer(table, attacks);
  return {
    copies: Array.from({ length: attacks }, (_, attack) => judgeCopies(table, searchable, attacks, attack)),
    ...judgePairs(table, searchable, attacks, same),
    lookedAt: lookedAt.map((pair) => ({ ...pair, distances: compare(pair.a, pair.b) })),
    agreements: tryAgreements(table, searchable, attacks, same),
    ...judgeStrangers(table, searchable, attacks, same),
    insufficient: all.filter((photo) => !searchable.includes(photo)),
  };
}

function judgeCopies(table: FeatureTable, photos: readonly number[], attacks: number, attack: number): Tally {
  const compare = rowComparer(table, FAR - 1);
  const tally = emptyTally();
  for (const photo of photos) {
    const copy = rowOf(photo, attacks, attack);
    countDistances(tally, compare(copy, rowOf(photo, attacks, null)), table.has[copy]!);
  }
  return tally;
}
