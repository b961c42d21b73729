import { availableParallelism } from "node:os";
import { createHotIndex, type HotIndex, type HotProgress } from "../hot-index/hot-index.ts";
import { type ChangeFollower, createChangeFollower } from "./change-follower.ts";
import type { Database, DatabaseConnection, DatabaseLogger } from "./client.ts";
import { type ChangePosition, readNews } from "./fingerprint-changes.ts";
import { type GuardingSession, openGuardingSession } from "./guarding-session.ts";
import { ownerOfKey } from "./hot-keys.ts";
import type { HotLoaderData } from "./hot-loader.ts";
import { NEAR_TABLES, type NearTable } from "./near-strategy.ts";

/** Where the rows in memory stand; the database answers unless it is `ready`. */
export type HotState = "off" | "loading" | "ready" | "catching_up" | "failed";

export interface HotTableFacts {
  readonly table: NearTable;
  readonly rows: number;
  /** While it is loaded: how many rows are expected, about. */
  readonly expectedRows: number | null;
  /** False where it does not fit into the budget, or is not loaded yet. */
  readonly held: boolean;
}

export interface HotFacts {
  readonly state: HotState;
  readonly bytes: number;
  readonly budgetBytes: number;
  readonly kernel: "wasm" | "javascript" | null;
  readonly tables: readonly HotTableFacts[];
}

/** The searched rows, held in the memory of this process as far as they fit. */
export interface HotMemory {
  readonly follower: ChangeFollower;
  facts(): HotFacts;
  /** Loads in the background, and begins again where that fails. */
  begin(db: Database): void;
  close(): Promise<void>;
}

export interface HotMemoryOptions {
  /** 0: nothing is held. */
  readonly budgetBytes: number;
  /** Whether replicas may answer; then the changes are followed also where nothing is held. */
  readonly hasReplicas: boolean;
  readonly logger: DatabaseLogger;
  /** Default: the faster one that this machine can run. */
  readonly kernel?: "wasm" | "javascript";
}

/** More rows than this in one answer are better read in the database, which need not name them first. */
const CANDIDATES_MAX = 5000;
const SEARCHERS_MAX = 2;
/** A process without requests follows the changes too, so that the next request finds few. */
const POLL_MS = 1000;
/** Between two lines about loading; a short load has none. */
const PROGRESS_MS = 5000;
const FIRST_RETRY_MS = 1000;
const LAST_RETRY_MS = 300_000;

const LOADER = new URL(import.meta.url.endsWith(".ts") ? "./hot-loader.ts" : "./hot-loader.js", import.meta.url);

export function createHotMemory(connection: DatabaseConnection, options: HotMemoryOptions): HotMemory {
  const { logger, budgetBytes } = options;
  const loaderData: HotLoaderData = { connection, wantsLsn: options.hasReplicas };
  let index: HotIndex<ChangePosition> | null = null;
  let state: HotState = "off";
  let retryMs = FIRST_RETRY_MS;
  let retry: NodeJS.Timeout | undefined;
  let poll: NodeJS.Timeout | undefined;
  let polling: Promise<void> | null = null;
  /** Of a process that follows and holds nothing; otherwise the loader's session guards. */
  let ownSession: GuardingSession | null = null;
  const loading = new Map<NearTable, HotProgress>();

  const follower = createChangeFollower({
    logger,
    wantsLsn: options.hasReplicas,
    tables: {
      apply: (table, changes) => index?.apply(table, changes),
      async near(table, hashes, threshold, extra) {
        if (index === null || !index.holds(table)) return null;
        const asked = hashes.map((bits) => new Uint8Array(Buffer.from(bits.slice(1), "hex")));
        // A failed search is the keeper's to report; the database answers meanwhile.
        const found = await index.search(table, asked, threshold, CANDIDATES_MAX, extra).catch(() => null);
        return found === null ? null : Array.from(found.owners, ownerOfKey);
      },
    },
    catchUp(from, reload) {
      if (index === null) return;
      state = "catching_up";
      index.catchUp(from, reload);
    },
    startAnew: () => giveUp(new Error("The session that guards the rows in memory is gone")),
  });

  function start(): void {
    state = "loading";
    let nextProgressAt = performance.now() + PROGRESS_MS;
    const opened = createHotIndex<ChangePosition>({
      budgetBytes,
      searchers: Math.min(SEARCHERS_MAX, availableParallelism()),
      loader: { module: LOADER, data: loaderData },
      tables: NEAR_TABLES,
      ...(options.kernel !== undefined && { kernel: options.kernel }),
      onReady(position) {
        if (index !== opened) return;
        if (state === "loading") logger.info(describe(), "The searched rows are in memory");
        state = "ready";
        retryMs = FIRST_RETRY_MS;
        loading.clear();
        follower.resume(position);
      },
      onProgress(progress) {
        loading.set(progress.table as NearTable, progress);
        if (performance.now() < nextProgressAt) return;
        nextProgressAt = performance.now() + PROGRESS_MS;
        logger.info(progress, "Loading the searched rows into memory; the database answers meanwhile");
      },
      onFailed(error) {
        if (index === opened) giveUp(error);
      },
    });
    index = opened;
  }

  function giveUp(error: unknown): void {
    follower.pause();
    if (budgetBytes === 0) return;
    state = "failed";
    const given = index;
    index = null;
    loading.clear();
    logger.warn({ err: error, retryMs }, "The rows in memory are loaded anew; the database answers meanwhile");
    given?.close().catch((reason: unknown) => logger.warn({ err: reason }, "The rows in memory could not be closed"));
    retry = setTimeout(startOrGiveUp, retryMs);
    retry.unref();
    retryMs = Math.min(2 * retryMs, LAST_RETRY_MS);
  }

  /** Where the machine has no room for one more thread, starting throws. */
  function startOrGiveUp(): void {
    try {
      start();
    } catch (error) {
      giveUp(error);
    }
  }

  /** Asks for news where no request does. */
  async function pollNews(db: Database): Promise<void> {
    const asked = follower.position();
    if (asked !== null) {
      follower.take(asked, await readNews(db, asked, follower.wantsLsn));
    } else if (budgetBytes === 0) {
      // Nothing is held, so wherever the follower stood it can go on from now.
      await ownSession?.close();
      ownSession = await openGuardingSession(connection);
      const { snapshot, lsn } = await readNews(db, null, follower.wantsLsn);
      follower.resume({ snapshot, lsn, guard: ownSession.guard });
    }
  }

  function describe(): Pick<HotFacts, "bytes" | "tables"> {
    const stats = index?.stats();
    const tables = NEAR_TABLES.map((table) => {
      const rows = stats?.tables[table]?.rows ?? 0;
      const progress = loading.get(table);
      return {
        table,
        rows: Math.max(rows, progress?.rows ?? 0),
        expectedRows: progress?.expectedRows ?? null,
        held: index?.holds(table) ?? false,
      };
    });
    return { bytes: stats?.bytes ?? 0, tables };
  }

  return {
    follower,
    facts: () => ({ state, budgetBytes, kernel: index?.stats().kernel ?? null, ...describe() }),
    begin(db) {
      if (budgetBytes === 0 && !options.hasReplicas) return;
      if (budgetBytes > 0) startOrGiveUp();
      function pollOnce(): void {
        // A database that is away is asked again in a moment, and by every request.
        polling ??= pollNews(db)
          .catch(() => {})
          .finally(() => {
            polling = null;
          });
      }
      pollOnce();
      poll = setInterval(pollOnce, POLL_MS);
      poll.unref();
    },
    async close() {
      clearInterval(poll);
      clearTimeout(retry);
      follower.pause();
      const closing = index;
      index = null;
      state = "off";
      await polling;
      await ownSession?.close();
      await closing?.close();
    },
  };
}
