/** Texts to be found in names, each with the numbers of the patterns it belongs to. */
export interface NeedleIndex {
  /** Calls `found` for every needle that stands in the text at a place. */
  at(text: string, place: number, found: (needle: string, owners: readonly number[]) => void): void;
}

/**
 * Makes an index over texts, none of them empty. At each place of a name it asks for the last needle that isn't behind what
 * stands there in the order of the alphabet: every needle that does stand there is a beginning of that one, and each needle
 * knows its longest beginning that is a needle too. That takes a handful of comparisons, however many needles there are.
 */
export function createNeedleIndex(ownersOf: ReadonlyMap<string, readonly number[]>): NeedleIndex {
  const needles = [...ownersOf.keys()].sort(compare);
  const longest = needles.reduce((most, { length }) => Math.max(most, length), 0);
  const beginnings = beginningsOf(needles);

  function lastUpTo(text: string): number {
    let low = 0;
    let high = needles.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((needles[middle] ?? "") <= text) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }

  return {
    at(text, place, found) {
      const rest = text.slice(place, place + longest);
      const last = lastUpTo(rest);
      const common = commonLength(needles[last] ?? "", rest);
      for (let index = last; index >= 0; index = beginnings[index] ?? -1) {
        const needle = needles[index] ?? "";
        if (needle.length <= common) found(needle, ownersOf.get(needle) ?? []);
      }
    },
  };
}

/** How many characters two texts begin with alike. */
function commonLength(left: string, right: string): number {
  let length = 0;
  while (length < left.length && left.charCodeAt(length) === right.charCodeAt(length)) length += 1;
  return length;
}

function compare(left: string, right: string): number {
  return left < right ? -1 : Number(left > right);
}

/** For each of the sorted needles the longest other one that it begins with, or -1. */
function beginningsOf(needles: readonly string[]): Int32Array {
  const beginnings = new Int32Array(needles.length).fill(-1);
  const open: number[] = [];
  for (const [index, needle] of needles.entries()) {
    while (open.length > 0 && !needle.startsWith(needles[open.at(-1) ?? 0] ?? "")) open.pop();
    beginnings[index] = open.at(-1) ?? -1;
    open.push(index);
  }
  return beginnings;
}
