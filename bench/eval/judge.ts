import { rowComparer } from "./compare-rows.ts";
import type { FeatureTable } from "./feature-table.ts";
import { HAS } from "./features.ts";
import { emptyTally, FAR, HASH_MEASURES, type HashMeasure, isPeer, MEASURES, type Tally } from "./measures.ts";
import { RULE_NAMES, type RuleName } from "./rules.ts";

/** Two photos and how far apart they are. */
export interface NearPair {
  /** Places of the photos. */
  readonly a: number;
  readonly b: number;
  /** By the order of MEASURES, in bits. */
  readonly distances: Uint8Array;
}

/** An attacked copy of one photo that a rule takes for another photo. */
export interface FalseMatch {
  readonly rule: RuleName;
  /** Places: of the attack, of the photo it was made from, and of the one it was taken for. */
  readonly attack: number;
  readonly from: number;
  readonly matched: number;
}

export interface Judgement {
  /** Each attack's copies against the photos they were made from. */
  readonly copies: readonly Tally[];
  /** All pairs of different photos; the nearer of the two ways to ask. */
  readonly pairs: Tally;
  /** The nearest pairs by each measure, nearest first. */
  readonly nearest: Readonly<Record<HashMeasure, readonly NearPair[]>>;
  /** Every attack's copies against all photos but their own. */
  readonly strangers: Tally;
  readonly falseMatches: readonly FalseMatch[];
  /** Places of the photos without enough detail to be searched by looks, which are left out of everything. */
  readonly insufficient: readonly number[];
}

/** Row of a photo's attacked copy; the photo itself comes before its copies. */
export function rowOf(photo: number, attacks: number, attack: number | null): number {
  return photo * (attacks + 1) + (attack === null ? 0 : attack + 1);
}

/** Rates below some millionths are of no interest in strangers: they are compared up to this many bits. */
const STRANGER_BOUND = 96;
const NEAREST_KEPT = 12;

/**
 * @param table a row for each photo and each of its attacked copies
 * @param same whether two different photos show the same, so that they count neither way
 */
export function judge(
  table: FeatureTable,
  photos: number,
  attacks: number,
  same: (a: number, b: number) => boolean,
): Judgement {
  const all = Array.from({ length: photos }, (_, photo) => photo);
  const searchable = all.filter((photo) => table.has[rowOf(photo, attacks, null)]! & (HAS.whole | HAS.trimmed));
  const pairs = judgePairs(table, searchable, attacks, same);
  return {
    copies: Array.from({ length: attacks }, (_, attack) => judgeCopies(table, searchable, attacks, attack)),
    ...pairs,
    ...judgeStrangers(table, searchable, attacks, same),
    insufficient: all.filter((photo) => !searchable.includes(photo)),
  };
}

function judgeCopies(table: FeatureTable, photos: readonly number[], attacks: number, attack: number): Tally {
  const compare = rowComparer(table, FAR - 1);
  const tally = emptyTally();
  for (const photo of photos) {
    const copy = rowOf(photo, attacks, attack);
    count(tally, compare(copy, rowOf(photo, attacks, null)), table.has[copy]!);
  }
  return tally;
}

function judgePairs(
  table: FeatureTable,
  photos: readonly number[],
  attacks: number,
  same: (a: number, b: number) => boolean,
): Pick<Judgement, "pairs" | "nearest"> {
  const compare = rowComparer(table, FAR - 1);
  const pairs = emptyTally();
  const kept: NearPair[][] = HASH_MEASURES.map(() => []);
  for (const [i, a] of photos.entries()) {
    for (const b of photos.slice(i + 1)) {
      const [rowA, rowB] = [rowOf(a, attacks, null), rowOf(b, attacks, null)];
      const distances = compare(rowA, rowB).slice();
      compare(rowB, rowA).forEach((distance, measure) => {
        distances[measure] = Math.min(distances[measure]!, distance);
      });
      kept.forEach((nearest, measure) => {
        keepNearest(nearest, { a, b, distances }, measure);
      });
      if (!same(a, b)) count(pairs, distances, table.has[rowA]! & table.has[rowB]!);
    }
  }
  const nearest = Object.fromEntries(HASH_MEASURES.map((measure, i) => [measure, kept[i]!]));
  return { pairs, nearest: nearest as unknown as Judgement["nearest"] };
}

function keepNearest(nearest: NearPair[], pair: NearPair, measure: number): void {
  const distance = pair.distances[measure]!;
  if (distance >= (nearest[NEAREST_KEPT - 1]?.distances[measure] ?? FAR)) return;
  const place = nearest.findIndex((other) => other.distances[measure]! > distance);
  nearest.splice(place < 0 ? nearest.length : place, 0, pair);
  nearest.length = Math.min(nearest.length, NEAREST_KEPT);
}

function judgeStrangers(
  table: FeatureTable,
  photos: readonly number[],
  attacks: number,
  same: (a: number, b: number) => boolean,
): Pick<Judgement, "strangers" | "falseMatches"> {
  const compare = rowComparer(table, STRANGER_BOUND);
  const strangers = emptyTally();
  const falseMatches: FalseMatch[] = [];
  for (const from of photos) {
    const others = photos.filter((other) => other !== from && !same(from, other));
    for (let attack = 0; attack < attacks; attack++) {
      const copy = rowOf(from, attacks, attack);
      for (const matched of others) {
        const distances = compare(copy, rowOf(matched, attacks, null));
        count(strangers, distances, table.has[copy]!);
        RULE_NAMES.forEach((rule, i) => {
          if (distances[HASH_MEASURES.length + i] === 0) falseMatches.push({ rule, attack, from, matched });
        });
      }
    }
  }
  return { strangers, falseMatches };
}

/** Counts a comparison by every measure; by those of the peers and of the model only where both pictures have them. */
function count({ counts }: Tally, distances: Uint8Array, has: number): void {
  MEASURES.forEach((measure, i) => {
    if (isPeer(measure) && !(has & HAS.peers)) return;
    if (measure === "neural" && !(has & HAS.neural)) return;
    counts[measure][distances[i]!]! += 1;
  });
}
