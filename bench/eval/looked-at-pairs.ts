import { readFileSync } from "node:fs";
import type { EvalPhoto } from "./photos.ts";

/** Two photos that someone has looked at side by side, because their hashes are near. */
export interface LookedAtPair {
  /** Names: `kodak/1.png`. */
  readonly photos: readonly [string, string];
  /** Whether they show the same item or scene, so that a match of them is none that is false. */
  readonly same: boolean;
  /** What is to be seen. */
  readonly seen: string;
}

/** One of them among the photos of a run. */
export interface PlacedPair extends LookedAtPair {
  /** Places of the photos. */
  readonly a: number;
  readonly b: number;
}

const LOOKED_AT: readonly LookedAtPair[] = JSON.parse(
  readFileSync(new URL("./looked-at-pairs.json", import.meta.url), "utf8"),
);

/** Those of looked-at-pairs.json whose photos are both there. */
export function lookedAtPairs(photos: readonly EvalPhoto[]): PlacedPair[] {
  const place = new Map(photos.map(({ name }, i) => [name, i]));
  return LOOKED_AT.flatMap((pair) => {
    const [a, b] = pair.photos.map((name) => place.get(name));
    return a === undefined || b === undefined ? [] : [{ ...pair, a, b }];
  });
}

/** Tells by their places whether two photos are known to show the same. */
export function sameIn(pairs: readonly PlacedPair[]): (a: number, b: number) => boolean {
  const known = new Set(pairs.filter(({ same }) => same).flatMap(({ a, b }) => [`${a} ${b}`, `${b} ${a}`]));
  return (a, b) => known.size > 0 && known.has(`${a} ${b}`);
}
