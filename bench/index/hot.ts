import type { DatabaseConnection } from "../../src/db/client.ts";
import { createHotIndex, type HotIndex } from "../../src/hot-index/hot-index.ts";
import type { BuildFacts, Contender } from "./contender.ts";
import { progress } from "./progress.ts";
import type { LoadTimes } from "./timed-hot-loader.ts";

export interface HotContender {
  readonly index: HotIndex<unknown>;
  readonly contender: Contender;
  readonly facts: BuildFacts;
  close(): Promise<void>;
}

/** A search of this many rows and more is left to SQL by whoever asks. */
export const FOUND_MAX = 1_000_000;
const SEARCHERS = 2;

/** The index in memory, loaded from the table by the service's own loader. */
export async function openHotIndex(
  connection: DatabaseConnection,
  table: string,
  rows: number,
  budgetBytes: number,
): Promise<HotContender> {
  const { index, times, seconds } = await load(connection, table, budgetBytes);
  const { bytes, tables, kernel } = index.stats();
  progress(`hot index: ${tables[table]?.rows} rows ready after ${seconds.toFixed(1)} s (${JSON.stringify(times)})`);
  if (!index.holds(table) || tables[table]?.rows !== rows) {
    await index.close();
    throw new Error(`Expected ${rows} rows of ${table} to be held in ${budgetBytes} bytes`);
  }
  return {
    index,
    contender: {
      name: "hot index",
      limit: null,
      exact: true,
      takesPart: () => true,
      search: (check) => index.search(table, check.hashes, check.threshold, FOUND_MAX),
    },
    facts: {
      name: "hot index",
      buildSeconds: times.buildSeconds,
      rowsPerSecond: rows / times.buildSeconds,
      bytesPerRow: bytes / rows,
      note: `${kernel}; copied from the server at ${Math.round(rows / times.copySeconds)} rows/s before that; ready after ${seconds.toFixed(1)} s`,
    },
    close: () => index.close(),
  };
}

function load(
  connection: DatabaseConnection,
  table: string,
  budgetBytes: number,
): Promise<{ index: HotIndex<LoadTimes>; times: LoadTimes; seconds: number }> {
  const start = performance.now();
  return new Promise((resolve, reject) => {
    const index = createHotIndex<LoadTimes>({
      budgetBytes,
      searchers: SEARCHERS,
      loader: { module: new URL("./timed-hot-loader.ts", import.meta.url), data: { connection, wantsLsn: false } },
      tables: [table],
      onReady: (times) => resolve({ index, times, seconds: (performance.now() - start) / 1000 }),
      onFailed: reject,
    });
  });
}
