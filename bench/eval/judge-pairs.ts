import { rowComparer } from "./compare-rows.ts";
import { type FeatureTable, rowOf } from "./feature-table.ts";
import { countDistances, emptyTally, FAR, HASH_MEASURES, type HashMeasure, type Tally } from "./measures.ts";

/** Two photos and how far apart they are. */
export interface NearPair {
  /** Places of the photos. */
  readonly a: number;
  readonly b: number;
  /** By the order of MEASURES, in bits; the nearer of the two ways to ask. */
  readonly distances: Uint8Array;
}

const NEAREST_KEPT = 12;

/** Compares two photos by their places, either asking for the other. */
export function pairComparer(table: FeatureTable, attacks: number): (a: number, b: number) => Uint8Array {
  const compare = rowComparer(table, FAR - 1);
  return (a, b) => {
    const [rowA, rowB] = [rowOf(a, attacks, null), rowOf(b, attacks, null)];
    const distances = compare(rowA, rowB).slice();
    compare(rowB, rowA).forEach((distance, measure) => {
      if (distance < distances[measure]!) distances[measure] = distance;
    });
    return distances;
  };
}

/** Compares all photos with each other. @param same whether two show the same, so that they aren't counted */
export function judgePairs(
  table: FeatureTable,
  photos: readonly number[],
  attacks: number,
  same: (a: number, b: number) => boolean,
): { pairs: Tally; nearest: Record<HashMeasure, readonly NearPair[]> } {
  const compare = pairComparer(table, attacks);
  const pairs = emptyTally();
  const nearest = HASH_MEASURES.map((): NearPair[] => []);
  for (const [i, a] of photos.entries()) {
    for (const b of photos.slice(i + 1)) {
      const distances = compare(a, b);
      for (const [measure, kept] of nearest.entries()) keepNearest(kept, { a, b, distances }, measure);
      const has = table.has[rowOf(a, attacks, null)]! & table.has[rowOf(b, attacks, null)]!;
      if (!same(a, b)) countDistances(pairs, distances, has);
    }
  }
  const byMeasure = Object.fromEntries(HASH_MEASURES.map((measure, i) => [measure, nearest[i]!]));
  return { pairs, nearest: byMeasure as Record<HashMeasure, NearPair[]> };
}

function keepNearest(kept: NearPair[], pair: NearPair, measure: number): void {
  const distance = pair.distances[measure]!;
  if (distance >= (kept[NEAREST_KEPT - 1]?.distances[measure] ?? FAR)) return;
  const place = kept.findIndex((other) => other.distances[measure]! > distance);
  kept.splice(place < 0 ? kept.length : place, 0, pair);
  kept.length = Math.min(kept.length, NEAREST_KEPT);
}
