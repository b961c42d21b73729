import type { Database } from "../db/client.ts";
import {
  areCountsCurrent,
  type CountedHashes,
  countEntryHashRows,
  type EntryHashCounts,
} from "../db/entry-hash-counts.ts";

/** From so many entries on a count is worth keeping for a while, also where entries have changed since. */
const MANY = 100_000;
/** As many times as long as a count took: so counting takes a twentieth of the time at most, however often it is asked for. */
const REST = 20;
/** Whatever is changed in the database without an audit row is seen after this time, in milliseconds. */
const BELIEVED_MS = 300_000;

/** Counts the hashes of entries, by reading them only where the last count may have become wrong. */
export interface EntryCounter {
  /** What was there when it was asked; of many entries what was there a moment before. */
  count(db: Database): Promise<EntryHashCounts>;
}

interface Counted extends CountedHashes {
  readonly beganAt: number;
  readonly restsUntil: number;
}

/** @param now milliseconds of a clock that never goes back */
export function createEntryCounter(many = MANY, now: () => number = () => performance.now()): EntryCounter {
  let last: Counted | null = null;
  let counting: Promise<void> | null = null;

  async function countAnew(db: Database): Promise<void> {
    const beganAt = now();
    const counted = await countEntryHashRows(db);
    const endedAt = now();
    const restsUntil = counted.entries < many ? endedAt : endedAt + REST * (endedAt - beganAt);
    last = { ...counted, beganAt, restsUntil };
  }

  async function isGood(db: Database, counted: Counted, askedAt: number): Promise<boolean> {
    if (counted.beganAt >= askedAt || now() < counted.restsUntil) return true;
    return now() < counted.beganAt + BELIEVED_MS && (await areCountsCurrent(db, counted));
  }

  return {
    async count(db) {
      const askedAt = now();
      // A count that others wait for may have begun before the last change: the next one hasn't.
      while (last === null || !(await isGood(db, last, askedAt))) {
        counting ??= countAnew(db).finally(() => {
          counting = null;
        });
        await counting;
      }
      return last.counts;
    },
  };
}
