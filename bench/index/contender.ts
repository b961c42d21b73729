import type { Cell, Check } from "./checks.ts";

/** Owners and their distances in bits, the same number of each, in any order. */
export interface Found {
  readonly owners: ArrayLike<number>;
  readonly distances: ArrayLike<number>;
}

/** One way to search. */
export interface Contender {
  readonly name: string;
  /** Most matches it returns, the nearest ones; null where it returns all. */
  readonly limit: number | null;
  /** False where it may miss rows; one that may not and does is an error. */
  readonly exact: boolean;
  /** True where as many checks as possible are wanted, so that its slowest ones are known. */
  readonly thorough?: boolean;
  /** Whether it takes part. */
  takesPart(cell: Cell): boolean;
  /** Called before some searches one after another; not timed. */
  prepare?(cell: Cell): Promise<void>;
  /** Null where it has no answer, and another way must be taken. */
  search(check: Check): Promise<Found | null>;
}

/** What a contender took to be made; each where it applies. */
export interface BuildFacts {
  readonly name: string;
  /** Seconds from rows that are there to searches. */
  readonly buildSeconds?: number;
  readonly rowsPerSecond?: number;
  readonly bytesPerRow?: number;
  readonly insertsPerSecond?: number;
  readonly note?: string;
}
