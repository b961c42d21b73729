import type { IndexBits } from "../fingerprint/bit-order.ts";
import type { PerceptualKind } from "../fingerprint/fingerprint.ts";
import type { NearTable } from "./near-strategy.ts";

/** Largest distances, in bits (0..256), inclusive. */
export type Thresholds = Readonly<Record<PerceptualKind, number>>;

/** Candidates from memory. Never misses a row that was committed when the view was taken; may name rows since gone. */
export interface HotView {
  /**
   * Owners of every row of the table within `threshold` bits of one of the hashes, in any order, with or without repeats,
   * possibly others among them; null where memory can't answer (not held, too many): SQL then does.
   */
  near(table: NearTable, hashes: readonly IndexBits[], threshold: number): Promise<readonly number[] | null>;
  /** The widest thresholds of all enabled lists when the view was taken. */
  readonly widest: Thresholds;
  /** A place in the write-ahead log behind every change that the view shows; absent or null where nobody asks for it. */
  readonly lsn?: string | null;
}
