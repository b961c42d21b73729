import type { IndexBits } from "../fingerprint/bit-order.ts";
import type { HotChange } from "../hot-index/hot-index.ts";
import type { DatabaseLogger } from "./client.ts";
import { type ChangePosition, type FingerprintChange, type News, snapshotXmin } from "./fingerprint-changes.ts";
import { NEAR_TABLES, type NearTable } from "./near-strategy.ts";
import type { HotView } from "./near-view.ts";

/**
 * Follows the changes that all processes make to the searched rows, so that the rows in memory answer like the database.
 *
 * Each statement that brings news is sent with a position: the snapshot up to which the rows in memory are known to be
 * complete. Its answer has every change that its own snapshot shows and that one doesn't ({@link unseenBy}). Rows in
 * memory plus these changes are therefore all rows the statement saw, in whatever order transactions have committed; and
 * since the statement was sent after the request came in, whatever was committed before the request is among them.
 */
export interface ChangeFollower {
  /** Whether statements that bring news also tell where the write-ahead log stands. */
  readonly wantsLsn: boolean;
  /** For the next statement that brings news; null while memory can't answer. */
  position(): ChangePosition | null;
  /** The rows as that statement saw them; null where the database has to be asked. Call it as soon as the answer is there. */
  take(asked: ChangePosition | null, news: News): HotView | null;
  /** The rows in memory are complete up to here. */
  resume(from: ChangePosition): void;
  /** Memory can't answer until the next `resume`. */
  pause(): void;
}

/** The rows in memory, as far as a follower has to do with them. */
export interface HotTables {
  /** Later searches see the changes. */
  apply(table: NearTable, changes: readonly HotChange[]): void;
  /** As {@link HotView.near}, over the rows in memory and `extra`, whose owners are keys (hot-keys.ts). */
  near(
    table: NearTable,
    hashes: readonly IndexBits[],
    threshold: number,
    extra: readonly HotChange[],
  ): Promise<readonly number[] | null>;
}

export interface FollowerParts {
  /** Whether replicas may answer: they have to be told how far they must be. */
  readonly wantsLsn: boolean;
  readonly tables: HotTables;
  readonly logger: DatabaseLogger;
  /** Reads the changes since a position that are too many to travel with a statement, then resumes. */
  catchUp(from: ChangePosition, reload: readonly NearTable[]): void;
  /** Loads everything under a new guard, then resumes. */
  startAnew(): void;
}

export function createChangeFollower({ tables, logger, wantsLsn, catchUp, startAnew }: FollowerParts): ChangeFollower {
  let position: ChangePosition | null = null;
  // While memory is behind, rows come and go in it in pages: views taken before are of no use any more.
  let generation = 0;

  function stop(asked: ChangePosition): boolean {
    // Another answer may have led to a later position, or to this very conclusion.
    if (asked !== position) return false;
    position = null;
    generation += 1;
    return true;
  }

  function fallBehind(asked: ChangePosition, reload: readonly NearTable[]): null {
    if (!stop(asked)) return null;
    logger.info({ reload }, "Many rows were changed at once: the database answers until memory has caught up");
    catchUp(asked, reload);
    return null;
  }

  function loseGuard(asked: ChangePosition): null {
    if (!stop(asked)) return null;
    logger.warn({}, "The session that guards the rows in memory is gone: they are loaded anew, the database answers");
    startAnew();
    return null;
  }

  return {
    wantsLsn,
    position: () => position,
    take(asked, news) {
      if (asked === null) return null;
      if (news.guarded === false) return loseGuard(asked);
      if (news.changes === null) return fallBehind(asked, []);
      const { changes } = news;
      const reload = tablesToReload(asked, changes);
      if (reload.length > 0) return fallBehind(asked, reload);
      const isCurrent = asked === position;
      const lsn = changes.length > 0 ? news.lsn : asked.lsn;
      if (isCurrent) {
        // Only from the current position: an answer that was overtaken could bring back what a later one took away.
        for (const table of NEAR_TABLES) tables.apply(table, changesOf(table, changes));
        position = { snapshot: news.snapshot, lsn, guard: asked.guard };
      }
      const taken = generation;
      return {
        widest: news.widest,
        lsn,
        async near(table, hashes, threshold) {
          if (taken !== generation) return null;
          const found = await tables.near(table, hashes, threshold, isCurrent ? [] : changesOf(table, changes));
          return taken === generation ? found : null;
        },
      };
    },
    resume(from) {
      position = from;
    },
    pause() {
      position = null;
      generation += 1;
    },
  };
}

function tablesToReload(asked: ChangePosition, changes: readonly FingerprintChange[]): NearTable[] {
  const forgotten = changes.some(
    ({ source, owner }) => source === "pruned" && (owner === null || BigInt(owner) > snapshotXmin(asked.snapshot)),
  );
  if (forgotten) return [...NEAR_TABLES];
  return NEAR_TABLES.filter((table) => changes.some(({ source, owner }) => source === table && owner === null));
}

function changesOf(table: NearTable, changes: readonly FingerprintChange[]): HotChange[] {
  return changes.flatMap(({ source, owner, bits }) =>
    source === table && owner !== null ? [{ owner, bits: bits === null ? null : bytesOf(bits) }] : [],
  );
}

/** A copy of its own: one that shares Node's pool would be sent to the threads with all of it. */
function bytesOf(bits: string): Uint8Array {
  return new Uint8Array(Buffer.from(bits, "hex"));
}
