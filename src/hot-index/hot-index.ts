import { type HotChange, type PackedChanges, packChanges } from "./changes.ts";
import type { HotFound } from "./found.ts";
import { chooseKernel, type KernelKind } from "./kernel/kernel.ts";
import type { HotTable } from "./loader.ts";
import type { FromKeeper, HotProgress, HotTuning, ToKeeper } from "./messages.ts";
import { openSearchDesk } from "./search-desk.ts";
import { HASH_BITS, HASHES_MAX } from "./segment-layout.ts";
import { startThreads } from "./threads.ts";

export type { HotChange } from "./changes.ts";
export type { HotFound } from "./found.ts";
export type { HotLoader, HotSink, HotTable, OpenHotLoader } from "./loader.ts";
export type { HotProgress, HotTuning } from "./messages.ts";

export interface HotIndexOptions<Position> {
  /**
   * For all segments of all tables together, in bytes, with what is needed while one is made. Not counted: the rows
   * newer than the segments, a bit a row for each searcher, the code.
   */
  readonly budgetBytes: number;
  /** Threads that answer searches, at least 1. */
  readonly searchers: number;
  /** The module exports `openHotLoader`; it is imported in the keeper's thread. The data is copied there. */
  readonly loader: { readonly module: URL; readonly data: unknown };
  /** The fastest that this machine has, unless given. */
  readonly kernel?: KernelKind;
  /** In order of priority: the first ones get the budget. */
  readonly tables: readonly HotTable[];
  readonly tuning?: Partial<HotTuning>;
  /** Everything visible at the position is held, of each table held: after loading and after every catchUp. */
  onReady(position: Position): void;
  /** At most a few times a second. */
  onProgress?(progress: HotProgress): void;
  /** A thread died or the loader failed; nothing is held any more. Called once at most. */
  onFailed(error: Error): void;
}

export interface HotTableStats {
  readonly rows: number;
  readonly bytes: number;
  readonly held: boolean;
}

export interface HotIndex<Position> {
  holds(table: HotTable): boolean;
  /** Applies committed changes in the order given; every search posted afterwards sees them. Nothing where not held. */
  apply(table: HotTable, changes: readonly HotChange[]): void;
  /**
   * Every held row within `threshold` bits (0..256) of one of 1..16 hashes of 32 bytes in index order, and those of
   * `extra` likewise, which are not stored and may repeat held rows. Null where the table isn't held, or more than
   * `limit` owners are found (above a million of one segment also). Never misses a row; one since deleted may be there.
   *
   * @throws RangeError where an argument is out of its range
   */
  search(
    table: HotTable,
    hashes: readonly Uint8Array[],
    threshold: number,
    limit: number,
    extra?: readonly HotChange[],
  ): Promise<HotFound | null>;
  /**
   * The keeper asks the loader for what changed since `from` and applies it; then onReady is called. The tables stay
   * held meanwhile, as they were, but for those to `reload`, which are loaded from scratch. Changes applied while this
   * is under way come before or after the loader's as it happens: hold them back until onReady.
   */
  catchUp(from: Position, reload?: readonly HotTable[]): void;
  stats(): {
    readonly tables: Readonly<Record<HotTable, HotTableStats>>;
    readonly bytes: number;
    readonly kernel: KernelKind;
  };
  /** Ends the loader and all threads; open searches get null. */
  close(): Promise<void>;
}

const TUNING: HotTuning = { foldAt: 16_384, tierFactor: 4, chunkedFrom: 32_768, splitFrom: 4 };
const CLOSE_MS = 1_000;

/**
 * All rows of some tables in memory, searched exactly by multi-index hashing (Norouzi, Punjani, Fleet, 2014) in threads
 * of their own. Loading starts at once, in the background.
 */
export function createHotIndex<Position>(options: HotIndexOptions<Position>): HotIndex<Position> {
  const kernel = options.kernel ?? chooseKernel();
  const tuning = { ...TUNING, ...options.tuning };
  const stats = new Map(options.tables.map((table) => [table, { rows: 0, bytes: 0, held: false }]));
  const { module, data } = options.loader;
  const { keeper, searchers } = startThreads(
    {
      budgetBytes: options.budgetBytes,
      kernel,
      loader: { module: module.href, data },
      tables: options.tables,
      tuning,
    },
    options.searchers,
  );
  const desk = openSearchDesk(searchers);
  let lastBatch = 0;
  let ended = false;
  let closed: Promise<void> | undefined;
  let onLoaderClosed = () => {};

  keeper.on("message", hear);
  for (const thread of [keeper, ...searchers]) {
    thread.on("error", fail);
    thread.on("exit", (code) => fail(new Error(`A thread of the hot index ended with ${code}`)));
  }

  function hear(message: FromKeeper): void {
    switch (message.kind) {
      case "segments": {
        const { rows, bytes, ...segments } = message;
        const table = stats.get(message.table);
        if (table !== undefined) Object.assign(table, { rows, bytes });
        desk.tellAll(segments);
        break;
      }
      case "changes":
        spread(message.table, message.changes);
        break;
      case "dropped":
        release(message.table);
        break;
      case "ready":
        if (closed !== undefined) break;
        for (const [name, table] of stats) table.held = message.held.includes(name);
        options.onReady(message.position as Position);
        break;
      case "progress":
        options.onProgress?.(message.progress);
        break;
      case "failed":
        fail(message.error);
        break;
      case "closed":
        onLoaderClosed();
        break;
    }
  }

  /** One order of changes for all threads: the searchers know by the batch's number which changes a segment holds. */
  function spread(table: HotTable, changes: PackedChanges): void {
    const message = { kind: "changes", table, batch: ++lastBatch, changes } as const;
    desk.tellAll(message);
    tellKeeper(message);
  }

  function tellKeeper(message: ToKeeper): void {
    keeper.postMessage(message);
  }

  function release(name: HotTable): void {
    const table = stats.get(name);
    if (table !== undefined) table.held = false;
  }

  async function end(): Promise<void> {
    ended = true;
    for (const name of stats.keys()) release(name);
    desk.giveUp();
    await Promise.all([keeper, ...searchers].map((thread) => thread.terminate()));
  }

  function fail(error: Error): void {
    if (ended || closed !== undefined) return;
    closed = end();
    options.onFailed(error);
  }

  function holds(name: HotTable): boolean {
    return stats.get(name)?.held === true;
  }

  async function search(
    table: HotTable,
    hashes: readonly Uint8Array[],
    threshold: number,
    limit: number,
    extra: readonly HotChange[] = [],
  ): Promise<HotFound | null> {
    checkQuery(hashes, threshold, limit);
    if (!holds(table)) return null;
    const parts = hashes.length >= tuning.splitFrom ? searchers.length : 1;
    const packed = new Uint8Array(hashes.length * 32);
    hashes.forEach((hash, index) => {
      packed.set(hash, index * 32);
    });
    const extraRows = extra.length === 0 ? null : packChanges(extra);
    return await desk.ask({ table, hashes: packed, threshold, limit, extra: extraRows }, parts);
  }

  function catchUp(from: Position, reload: readonly HotTable[] = []): void {
    if (closed !== undefined) return;
    for (const table of reload) release(table);
    tellKeeper({ kind: "catchUp", from, reload });
  }

  async function closeAll(): Promise<void> {
    for (const name of stats.keys()) release(name);
    desk.giveUp();
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, CLOSE_MS);
      onLoaderClosed = () => {
        clearTimeout(timer);
        resolve();
      };
      keeper.once("exit", onLoaderClosed);
      tellKeeper({ kind: "close" });
    });
    await end();
  }

  return {
    holds,
    apply(table, changes) {
      if (holds(table) && changes.length > 0) spread(table, packChanges(changes));
    },
    search,
    catchUp,
    stats() {
      const tables = Object.fromEntries([...stats].map(([name, table]) => [name, { ...table }]));
      return { tables, bytes: [...stats.values()].reduce((sum, { bytes }) => sum + bytes, 0), kernel };
    },
    close() {
      closed ??= closeAll();
      return closed;
    },
  };
}

function checkQuery(hashes: readonly Uint8Array[], threshold: number, limit: number): void {
  if (hashes.length < 1 || hashes.length > HASHES_MAX || hashes.some((hash) => hash.length !== 32)) {
    throw new RangeError(`Expected 1 to ${HASHES_MAX} hashes of 32 bytes but received ${hashes.length}`);
  }
  if (!Number.isInteger(threshold) || threshold < 0 || threshold > HASH_BITS) {
    throw new RangeError(`Expected a threshold of 0 to ${HASH_BITS} bits but received ${threshold}`);
  }
  if (!Number.isInteger(limit) || limit < 0)
    throw new RangeError(`Expected a limit of at least 0 but received ${limit}`);
}
