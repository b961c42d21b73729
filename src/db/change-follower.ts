import type { IndexBits } from "../fingerprint/bit-order.ts";
import { hexToBytes } from "../fingerprint/hex.ts";
import type { HotChange } from "../hot-index/hot-index.ts";
import type { DatabaseLogger } from "./client.ts";
import { type FingerprintChange, type News, snapshotXmin } from "./fingerprint-changes.ts";
import type { ChangePosition } from "./hot-loader.ts";
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
  /** As {@link HotView.near}, over the rows in memory and `extra`. */
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
}

export function createChangeFollower({ tables, logger, wantsLsn, catchUp }: FollowerParts): ChangeFollower {
  let position: ChangePosition | null = null;

  function fallBehind(asked: ChangePosition, reload: readonly NearTable[]): null {
    // Another answer may have led to a later position, or to this very conclusion.
    if (asked !== position) return null;
    position = null;
    logger.info({ reload }, "Many rows were changed at once: the database answers until memory has caught up");
    catchUp(asked, reload);
    return null;
  }

  return {
    wantsLsn,
    position: () => position,
    take(asked, news) {
      if (asked === null) return null;
      if (news.changes === null) return fallBehind(asked, []);
      const reload = tablesToReload(asked, news.changes);
      if (reload.length > 0) return fallBehind(asked, reload);
      const changes = byTable(news.changes);
      const isCurrent = asked === position;
      const lsn = news.changes.length > 0 ? news.lsn : asked.lsn;
      if (isCurrent) {
        // Only from the current position: an answer that was overtaken could bring back what a later one took away.
        for (const [table, rows] of changes) tables.apply(table, rows);
        position = { snapshot: news.snapshot, lsn };
      }
      return {
        widest: news.widest,
        lsn,
        near: (table, hashes, threshold) =>
          tables.near(table, hashes, threshold, isCurrent ? [] : (changes.get(table) ?? [])),
      };
    },
    resume(from) {
      position = from;
    },
    pause() {
      position = null;
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

function byTable(changes: readonly FingerprintChange[]) {
  const rows = new Map<NearTable, HotChange[]>();
  for (const { source, owner, bits } of changes) {
    const table = NEAR_TABLES.find((each) => each === source);
    if (table === undefined || owner === null) continue;
    const change = { owner, bits: bits === null ? null : hexToBytes(bits) };
    const known = rows.get(table);
    if (known === undefined) rows.set(table, [change]);
    else known.push(change);
  }
  return rows;
}
