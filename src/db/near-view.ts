import type { IndexBits } from "../fingerprint/bit-order.ts";
import type { PerceptualKind, SearchedKind } from "../fingerprint/fingerprint.ts";
import type { NearTable } from "./near-strategy.ts";

/** Largest distances, in bits (0..256), inclusive. */
export type Thresholds = Readonly<Record<PerceptualKind, number>>;

/**
 * How far, in bits, the lists have to be searched by each hash. By blockhash also for agreement, the wider of the two;
 * `neural` is -1 where the neural hash counts in no list.
 */
export type Reach = Readonly<Record<SearchedKind, number>>;

/** The widest of all enabled lists: `neural` of those that say `robust`, `neuralAny` of all, -1 where there is none. */
export type WidestReach = Reach & { readonly neuralAny: number };

/** Candidates from memory. Never misses a row that was committed when the view was taken; may name rows since gone. */
export interface HotView {
  /**
   * Owners of every row of the table, whole or trimmed, within `threshold` bits of one of the hashes, in any order, with or
   * without repeats, possibly others among them; null where memory can't answer (not held, too many): SQL then does.
   */
  near(table: NearTable, hashes: readonly IndexBits[], threshold: number): Promise<readonly number[] | null>;
  /** As of when the view was taken. */
  readonly widest: WidestReach;
  /** A place in the write-ahead log behind every change that the view shows; absent or null where nobody asks for it. */
  readonly lsn?: string | null;
}
