import { randomInt } from "node:crypto";
import { AppError } from "../errors.ts";
import type { Actor } from "./context.ts";

/** Most bytes of fetched images that one process holds at a time (256 MiB). */
const MAX_HELD_BYTES = 256 * 1024 * 1024;
/** Of the fetches at one time a caller may have a quarter, of the bytes half: six images of the largest size. */
const FETCHES_SHARE = 1 / 4;
const BYTES_SHARE = 1 / 2;
/** A fetch ends after 10 seconds at most. Callers refused together are told different times, or they would come back together. */
const RETRY_SECONDS = { least: 2, most: 10 };

/** One URL's part of what fetching may take. */
export interface FetchPart {
  /**
   * Counts bytes that have arrived.
   * @throws AppError overloaded, with retryAfterSeconds, where all images together, or the caller's, hold too many
   */
  addBytes(bytes: number): void;
  /** Ends the fetch; its bytes still count. */
  endFetch(): void;
  /** Ends the count of its bytes. */
  dropBytes(): void;
}

/** Bounds what fetching takes of this process, so that neither slow origins nor one caller of them can take all of it. */
export interface FetchShares {
  /**
   * Begins a fetch. Nobody waits: a request that did would take the place of another.
   * @param caller any name that tells callers apart
   * @throws AppError overloaded, with retryAfterSeconds, where too many URLs are being fetched, in all or for the caller
   */
  begin(caller: string): FetchPart;
}

/** @param atOnce most URLs that are fetched at one time */
export function createFetchShares(atOnce: number): FetchShares {
  const fetches = createBudget(atOnce, Math.ceil(atOnce * FETCHES_SHARE));
  const bytes = createBudget(MAX_HELD_BYTES, MAX_HELD_BYTES * BYTES_SHARE);
  return {
    begin(caller) {
      if (!fetches.take(caller, 1)) throw overloaded("Expected fewer URLs to be fetched at one time but received more");
      let isFetching = true;
      let held = 0;
      return {
        addBytes(added) {
          if (!bytes.take(caller, added)) {
            throw overloaded("Expected fewer bytes in fetched images at one time but received more");
          }
          held += added;
        },
        endFetch() {
          if (isFetching) fetches.give(caller, 1);
          isFetching = false;
        },
        dropBytes() {
          bytes.give(caller, held);
          held = 0;
        },
      };
    },
  };
}

/** The name a request's caller has here: its key, or its address. */
export function fetchCaller({ actor }: { readonly actor: Actor }): string {
  return actor.type === "key" ? actor.id : actor.address;
}

function overloaded(message: string): AppError {
  return new AppError("overloaded", message, {
    field: "url",
    retryAfterSeconds: randomInt(RETRY_SECONDS.least, RETRY_SECONDS.most + 1),
  });
}

/** An amount that all share, and that nobody may have more than a part of. */
function createBudget(most: number, mostOfOne: number) {
  const takenBy = new Map<string, number>();
  let taken = 0;

  function add(caller: string, amount: number): void {
    taken += amount;
    const own = (takenBy.get(caller) ?? 0) + amount;
    if (own === 0) takenBy.delete(caller);
    else takenBy.set(caller, own);
  }

  return {
    /** False, and nothing taken, where it is too much. */
    take(caller: string, amount: number): boolean {
      if (taken + amount > most || (takenBy.get(caller) ?? 0) + amount > mostOfOne) return false;
      add(caller, amount);
      return true;
    },
    give(caller: string, amount: number): void {
      add(caller, -amount);
    },
  };
}
