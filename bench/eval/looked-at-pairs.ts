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

export const LOOKED_AT: readonly LookedAtPair[] = JSON.parse(
  readFileSync(new URL("./looked-at-pairs.json", import.meta.url), "utf8"),
);

/** Tells by their places whether two photos are known to show the same. */
export function samePairs(photos: readonly EvalPhoto[]): (a: number, b: number) => boolean {
  const place = new Map(photos.map(({ name }, i) => [name, i]));
  const known = new Set<string>();
  for (const { photos: names, same } of LOOKED_AT) {
    const [a, b] = [place.get(names[0]), place.get(names[1])];
    if (same && a !== undefined && b !== undefined) known.add(`${a} ${b}`).add(`${b} ${a}`);
  }
  return (a, b) => known.size > 0 && known.has(`${a} ${b}`);
}
