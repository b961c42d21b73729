import type { Corpus } from "./corpus.ts";
import { drawRows } from "./draw-rows.ts";
import { HASH_BITS, HASH_BYTES, hashOfRow } from "./index-order.ts";
import { hashKindOf, type RowKind } from "./row-kind.ts";
import { seededBelow } from "./seeded-random.ts";

/** One search: every row within `threshold` bits of one of the hashes. */
export interface Check {
  readonly threshold: number;
  /** 1 or 16, 32 bytes each in index order. */
  readonly hashes: readonly Uint8Array[];
  /** The same as 64 hex digits, as they are before they are put in index order. */
  readonly hex: readonly string[];
  /** The stored row that one of the hashes was made of by turning over `distance` bits; null for one that was not. */
  readonly planted: { readonly row: number; readonly distance: number } | null;
}

/** Which checks are made side by side. */
export interface Cell {
  readonly threshold: number;
  readonly probes: number;
}

/**
 * `count` checks in mixed order: every other one planted, with 0, 1, ... `threshold` and again 0, 1, ... bits turned over;
 * all other hashes were drawn as the rows were, from other seeds.
 */
export function makeChecks(corpus: Corpus, kind: RowKind, cell: Cell, count: number, seed: number): Check[] {
  const { threshold, probes } = cell;
  const below = seededBelow(seed);
  const others = new Uint8Array(count * probes * HASH_BYTES);
  drawRows(corpus.drawing, { kind, seed: seed + 1 }, others);
  const checks = Array.from({ length: count }, (_, check): Check => {
    const hashes = Array.from({ length: probes }, (__, place) => rowAt(others, check * probes + place));
    if (check % 2 === 1) return finish(kind, threshold, hashes, null);
    const planted = { row: below(corpus.count), distance: (check / 2) % (threshold + 1) };
    hashes[below(probes)] = flipSome(rowAt(corpus.rows, planted.row), planted.distance, below);
    return finish(kind, threshold, hashes, planted);
  });
  return shuffle(checks, below);
}

function finish(kind: RowKind, threshold: number, hashes: readonly Uint8Array[], planted: Check["planted"]): Check {
  return { threshold, hashes, hex: hashes.map((hash) => hashOfRow(hashKindOf(kind), hash)), planted };
}

function rowAt(rows: Uint8Array, row: number): Uint8Array {
  return rows.slice(row * HASH_BYTES, (row + 1) * HASH_BYTES);
}

/** The hash with `count` different bits turned over. */
function flipSome(hash: Uint8Array, count: number, below: (limit: number) => number): Uint8Array {
  const bits = Array.from({ length: HASH_BITS }, (_, bit) => bit);
  const flipped = hash.slice();
  for (let i = 0; i < count; i++) {
    const [bit = 0] = bits.splice(below(bits.length), 1);
    flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (0x80 >> (bit & 7));
  }
  return flipped;
}

/** Fisher and Yates. */
function shuffle<T>(values: T[], below: (limit: number) => number): T[] {
  for (let i = values.length - 1; i > 0; i--) {
    const j = below(i + 1);
    [values[i], values[j]] = [values[j] as T, values[i] as T];
  }
  return values;
}
