/**
 * A text, each of its characters in all ways that it may be read. None of them is empty, or how another of the same character
 * begins: so two ways to read a text are two texts.
 */
export type Characters = readonly (readonly string[])[];

/** Texts to be found in names, each with the numbers of the patterns it belongs to. */
export interface NeedleIndex {
  /** How many texts there are. */
  readonly size: number;
  /** Calls `found` for every needle that stands in a text from a place on, with whole characters. */
  at(characters: Characters, place: number, found: (needle: string, owners: readonly number[]) => void): void;
}

/**
 * Makes an index over texts, none of them empty. They lie in the order of the alphabet, so all that begin like what was read of
 * a name lie together; each further character narrows them down by a handful of comparisons, however many there are.
 */
export function createNeedleIndex(ownersOf: ReadonlyMap<string, readonly number[]>): NeedleIndex {
  const needles = [...ownersOf.keys()].sort(compare);
  const beginnings = new Map<number, { low: number; high: number }>();
  for (const [number, needle] of needles.entries()) {
    const unit = needle.charCodeAt(0);
    beginnings.set(unit, { low: beginnings.get(unit)?.low ?? number, high: number + 1 });
  }

  /** The first needle from `low` on whose unit at a place is at least this one. */
  function firstAtLeast(unit: number, low: number, high: number, depth: number): number {
    let from = low;
    let to = high;
    while (from < to) {
      const middle = (from + to) >>> 1;
      // Of one that ends here the unit is no number: it comes before all others that begin like it.
      if ((needles[middle] ?? "").charCodeAt(depth) >= unit) to = middle;
      else from = middle + 1;
    }
    return from;
  }

  /** Reads on among the needles from `low` to before `high`, which begin alike up to `depth`. */
  function readOn(characters: Characters, place: number, low: number, high: number, depth: number, found: Found): void {
    for (const way of characters[place] ?? []) {
      let from = low;
      let to = high;
      let at = depth;
      for (let index = 0; index < way.length && from < to; index++, at++) {
        const unit = way.charCodeAt(index);
        if (at === 0) {
          const beginning = beginnings.get(unit);
          from = beginning?.low ?? 0;
          to = beginning?.high ?? 0;
        } else {
          from = firstAtLeast(unit, from, to, at);
          to = firstAtLeast(unit + 1, from, to, at);
        }
      }
      if (from >= to) continue;
      const first = needles[from] ?? "";
      if (first.length === at) found(first, ownersOf.get(first) ?? []);
      if (to - from > 1 || first.length > at) readOn(characters, place + 1, from, to, at, found);
    }
  }

  return {
    size: needles.length,
    at: (characters, place, found) => readOn(characters, place, 0, needles.length, 0, found),
  };
}

type Found = Parameters<NeedleIndex["at"]>[2];

function compare(left: string, right: string): number {
  return left < right ? -1 : Number(left > right);
}
