import { createHotIndex, type HotFound, type HotIndex, type HotIndexOptions } from "../../src/hot-index/hot-index.ts";
import { compiledProcess } from "./compiled-tests.ts";
import type { FakeRows } from "./processes/hot-loader.ts";

export const HOT_LOADER = compiledProcess("hot-loader");
export const TABLE = "entry_pdq";

/** Rows by owner, as they should be. */
export type RowModel = Map<number, Uint8Array>;

export interface Neighbour {
  readonly owner: number;
  readonly distance: number;
  readonly place: number;
}

export interface StartedHotIndex {
  readonly index: HotIndex<number>;
  /** Positions told so far. */
  readonly ready: number[];
  /** The next position told. */
  nextReady(): Promise<number>;
}

export type HotSettings = Partial<
  Pick<
    HotIndexOptions<number>,
    "kernel" | "tuning" | "budgetBytes" | "tables" | "searchers" | "onProgress" | "onFailed"
  >
>;

/** An index over the fake loader; not ready yet. */
export function startHotIndex(data: FakeRows, settings: HotSettings = {}): StartedHotIndex {
  const ready: number[] = [];
  let onNext: (position: number) => void = () => {};
  let onError: (error: Error) => void = () => {};
  let next = expectNext();
  function expectNext(): Promise<number> {
    const expected = new Promise<number>((resolve, reject) => {
      onNext = resolve;
      onError = reject;
    });
    // A test that doesn't wait for it isn't failed by it.
    expected.catch(() => {});
    return expected;
  }
  const index = createHotIndex<number>({
    budgetBytes: 1e9,
    searchers: 2,
    loader: { module: HOT_LOADER, data },
    tables: [TABLE],
    onFailed: (error) => onError(error),
    ...settings,
    onReady(position) {
      ready.push(position);
      onNext(position);
      next = expectNext();
    },
  });
  return { index, ready, nextReady: () => next };
}

export function tableOf(rows: RowModel): FakeRows["tables"][string] {
  const bits = new Uint8Array(rows.size * 32);
  [...rows.values()].forEach((row, index) => {
    bits.set(row, index * 32);
  });
  return { owners: Float64Array.from(rows.keys()), bits };
}

/** Every row within the threshold of a hash, by owner. */
export function bruteForce(rows: RowModel, hashes: readonly Uint8Array[], threshold: number): Neighbour[] {
  const found: Neighbour[] = [];
  for (const [owner, bits] of rows) {
    let nearest = { distance: 257, place: -1 };
    hashes.forEach((hash, place) => {
      const distance = distanceOf(bits, hash);
      if (distance < nearest.distance) nearest = { distance, place };
    });
    if (nearest.distance <= threshold) found.push({ owner, ...nearest });
  }
  return found.sort((a, b) => a.owner - b.owner);
}

export function neighbours(found: HotFound | null): Neighbour[] | null {
  if (found === null) return null;
  const list = Array.from(found.owners, (owner, index) => ({
    owner,
    distance: found.distances[index] ?? -1,
    place: found.places[index] ?? -1,
  }));
  return list.sort((a, b) => a.owner - b.owner);
}

function distanceOf(left: Uint8Array, right: Uint8Array): number {
  let distance = 0;
  for (let byte = 0; byte < 32; byte++) {
    for (let rest = (left[byte] ?? 0) ^ (right[byte] ?? 0); rest > 0; rest &= rest - 1) distance++;
  }
  return distance;
}

export interface RowMaker {
  row(): Uint8Array;
  /** The bytes with so many different bits flipped. */
  flip(bits: Uint8Array, count: number): Uint8Array;
  below(bound: number): number;
}

export function makeRows(random: () => number): RowMaker {
  const below = (bound: number) => Math.floor(random() * bound);
  function flip(bits: Uint8Array, count: number): Uint8Array {
    const flipped = bits.slice();
    const places = new Set<number>();
    while (places.size < count) places.add(below(256));
    for (const place of places) flipped[place >> 3] = (flipped[place >> 3] ?? 0) ^ (1 << (place & 7));
    return flipped;
  }
  return { row: () => Uint8Array.from({ length: 32 }, () => below(256)), flip, below };
}

/** Rows like those that break an index: uniform ones, dense clusters, copies of one, or all but one chunk equal. */
export function cornerRows(
  kind: "uniform" | "clusters" | "equal" | "one chunk",
  count: number,
  make: RowMaker,
): RowModel {
  const centres = [make.row(), make.row(), make.row()];
  const rows: RowModel = new Map();
  for (let row = 0; row < count; row++) {
    const centre = centres[row % 3] ?? make.row();
    rows.set(row * 7 + 1, rowOf(kind, centre, make));
  }
  return rows;
}

function rowOf(kind: Parameters<typeof cornerRows>[0], centre: Uint8Array, make: RowMaker): Uint8Array {
  if (kind === "uniform") return make.row();
  if (kind === "equal") return new Uint8Array(32).fill(0xa5);
  if (kind === "clusters") return make.flip(centre, make.below(40));
  const bits = new Uint8Array(32).fill(0x0f);
  bits.set([make.below(256), make.below(256), make.below(256)], make.below(10) * 3);
  return bits;
}
