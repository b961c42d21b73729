import { HASHES_MAX } from "./near-statement.ts";

/** Above every distance. */
const DISTANCES = 512;

/** The two distances (SQL) of one look, and the look's place. */
export interface LookDistances {
  readonly pdq: string;
  readonly blockhash: string;
  readonly place: number;
}

/**
 * An SQL expression for a look by which both hashes are near: one number that orders by PDQ's distance, then blockhash's,
 * then the place; null where `condition` doesn't hold.
 */
export function bothCode({ pdq, blockhash, place }: LookDistances, condition: string): string {
  return `case when ${condition} then (${pdq} * ${DISTANCES} + ${blockhash}) * ${HASHES_MAX} + ${place} end`;
}

/** What {@link bothCode} has coded, as SQL. */
export function bothDecoded(code: string): {
  readonly pdq: string;
  readonly blockhash: string;
  readonly place: string;
} {
  return {
    pdq: `(${code} / ${DISTANCES * HASHES_MAX})::int4`,
    blockhash: `(${code} / ${HASHES_MAX} % ${DISTANCES})::int4`,
    place: `(${code} % ${HASHES_MAX})::int4`,
  };
}
