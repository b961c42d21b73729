/** One element an owner: how far its row is from the nearest hash (bits), and that hash's place among the hashes. */
export interface HotFound {
  readonly owners: Float64Array;
  readonly distances: Uint16Array;
  readonly places: Uint8Array;
}

export function emptyFound(): HotFound {
  return { owners: new Float64Array(0), distances: new Uint16Array(0), places: new Uint8Array(0) };
}

/** Both together; owners ascend in each and in the answer. Of an owner in both, the nearer row is kept. */
export function mergeFound(left: HotFound, right: HotFound): HotFound {
  if (left.owners.length === 0) return right;
  if (right.owners.length === 0) return left;
  const owners = new Float64Array(left.owners.length + right.owners.length);
  const distances = new Uint16Array(owners.length);
  const places = new Uint8Array(owners.length);
  let count = 0;
  function take(from: HotFound, index: number): void {
    owners[count] = from.owners[index] as number;
    distances[count] = from.distances[index] as number;
    places[count] = from.places[index] as number;
    count++;
  }
  let l = 0;
  let r = 0;
  while (l < left.owners.length || r < right.owners.length) {
    const leftOwner = left.owners[l] ?? Number.POSITIVE_INFINITY;
    const rightOwner = right.owners[r] ?? Number.POSITIVE_INFINITY;
    if (leftOwner < rightOwner) take(left, l++);
    else if (rightOwner < leftOwner) take(right, r++);
    else {
      if (rankOf(left, l) <= rankOf(right, r)) take(left, l);
      else take(right, r);
      l++;
      r++;
    }
  }
  return { owners: owners.slice(0, count), distances: distances.slice(0, count), places: places.slice(0, count) };
}

function rankOf(found: HotFound, index: number): number {
  return (found.distances[index] as number) * 16 + (found.places[index] as number);
}

/** The same with owners ascending, and of an owner's rows only the nearest. */
export function sortFound(found: HotFound): HotFound {
  const order = Array.from(found.owners, (_, index) => index).sort(
    (a, b) => (found.owners[a] as number) - (found.owners[b] as number) || rankOf(found, a) - rankOf(found, b),
  );
  const kept = order.filter((index, at) => at === 0 || found.owners[index] !== found.owners[order[at - 1] as number]);
  return {
    owners: Float64Array.from(kept, (index) => found.owners[index] as number),
    distances: Uint16Array.from(kept, (index) => found.distances[index] as number),
    places: Uint8Array.from(kept, (index) => found.places[index] as number),
  };
}
