import { AppError } from "../errors.ts";
import type { AppContext } from "./context.ts";

/** What requests that failed have left in the database: reserved units, claims, keys of requests that didn't run. */
export interface Leftovers {
  /**
   * Runs `undo` beside the requests, again and again until it succeeds. It is given up after {@link LASTS_MS}: by then the
   * leases of what is left have ended, and others have done it.
   * @param what it is, for the log
   */
  add(what: string, undo: () => Promise<void>): void;
  /** How many are not undone yet. */
  count(): number;
  /** Tries what is left once more, until one fails; what then remains is left to its lease. */
  close(): Promise<void>;
}

interface Leftover {
  readonly what: string;
  readonly undo: () => Promise<void>;
  readonly giveUpAt: number;
}

const AGAIN_MS = 1_000;
const LASTS_MS = 300_000;
/** Most that are remembered; the first ones, whose requests were under way when the database was lost, matter most. */
const MOST = 1_000;

export function createLeftovers(logger: AppContext["logger"]): Leftovers {
  const left: Leftover[] = [];
  let closing = false;
  let wake = () => {};
  let running: Promise<void> | null = null;

  /** One after the other, so that a database that has just come back isn't met by all of them at once. */
  async function undoAll(): Promise<void> {
    for (let next = left[0]; next !== undefined; next = left[0]) {
      const failure = await attempt(next.undo);
      left.shift();
      if (failure === null) continue;
      if (performance.now() < next.giveUpAt) left.push(next);
      else logger.warn({ err: failure.error, what: next.what }, "Left to its lease after a failure of the database");
      if (closing) return;
      await pause();
    }
  }

  async function pause(): Promise<void> {
    await new Promise<void>((resolve) => {
      wake = resolve;
      setTimeout(resolve, AGAIN_MS).unref();
    });
  }

  return {
    add(what, undo) {
      if (left.length >= MOST) return logger.warn({ what }, "Left to its lease: too much is left already");
      left.push({ what, undo, giveUpAt: performance.now() + LASTS_MS });
      running ??= undoAll().finally(() => {
        running = null;
      });
    },
    count: () => left.length,
    async close() {
      closing = true;
      wake();
      await running;
      if (left.length > 0) logger.warn({ left: left.length }, "Left to their leases: the database doesn't answer");
    },
  };
}

/**
 * Undoes what a request did before it failed. After a failure of the request's own this is waited for, so that its caller
 * finds the units back; after one of the database it is done beside, so that nobody waits for the same database twice.
 */
export async function undoAfter(
  ctx: Pick<AppContext, "leftovers">,
  failure: unknown,
  what: string,
  undo: () => Promise<void>,
): Promise<void> {
  const isItsOwn = failure instanceof AppError && failure.code !== "database_unavailable";
  if (isItsOwn) await undoNow(ctx, what, undo);
  else ctx.leftovers.add(what, undo);
}

/** Undoes something and waits for it; where that fails it becomes a leftover. */
export async function undoNow(
  ctx: Pick<AppContext, "leftovers">,
  what: string,
  undo: () => Promise<void>,
): Promise<void> {
  if ((await attempt(undo)) !== null) ctx.leftovers.add(what, undo);
}

async function attempt(undo: () => Promise<void>): Promise<{ readonly error: unknown } | null> {
  try {
    await undo();
    return null;
  } catch (error) {
    return { error };
  }
}
