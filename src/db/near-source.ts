import { allocateRadii, type ChunkStatistics } from "../fingerprint/chunk-radii.ts";
import type { Database } from "./client.ts";
import type { NearSource } from "./near-statement.ts";
import { nearStatistics } from "./near-statistics.ts";
import { type NearStrategy, nearTableRows, probeCosts, probeMicroseconds, scanMicroseconds } from "./near-strategy.ts";
import type { HotView } from "./near-view.ts";

export type NearDatabase = Pick<Database, "searchPool">;

/** What every search may be told of where to look. */
export interface NearOptions {
  /** Asked first for the rows to compare; the answers are those of the view's moment. */
  readonly view?: HotView | null;
  /** How to search what the view can't answer. Default: the cheaper way. */
  readonly strategy?: NearStrategy;
}

export type NearQuery = Pick<NearSource, "table" | "hashes" | "places" | "threshold">;

/** The candidates from memory where it can answer, from the table otherwise. */
export async function nearSource(
  database: NearDatabase,
  query: NearQuery,
  { view = null, strategy }: NearOptions,
): Promise<NearSource> {
  return (await heldSource(view, query)) ?? (await tableSource(database, query, strategy));
}

/** The candidates from memory; null where it can't answer. */
export async function heldSource(view: HotView | null, query: NearQuery): Promise<NearSource | null> {
  const candidates = (await view?.near(query.table, query.hashes, query.threshold)) ?? null;
  return candidates === null ? null : { ...query, candidates };
}

/** The candidates from the table. */
export async function tableSource(
  database: NearDatabase,
  query: NearQuery,
  strategy: NearStrategy | undefined,
): Promise<NearSource> {
  return (await planTable(database, query, strategy)).source;
}

/**
 * Thresholds, in bits, to try first where only the nearest rows are wanted: the last ones at which no chunk's radius is
 * above 0 and above 1 (11 and 267 probes). Every bit more takes 23 probes from there on, or 253.
 */
export const DEEPENING_STEPS: readonly number[] = [10, 21];

export interface TablePlan {
  readonly source: NearSource;
  /** What the search is expected to take; comparable, not exact. */
  readonly microseconds: number;
}

/** Fewer rows are searched so soon that statistics of theirs bring nothing. */
const ROWS_WITH_STATISTICS = 10_000;

/**
 * How to search the table: by the strategy given or the cheaper one, with radii fitted to the values that are common in
 * the table where there are such.
 */
export async function planTable(
  { searchPool }: NearDatabase,
  query: NearQuery,
  strategy: NearStrategy | undefined,
): Promise<TablePlan> {
  const { table, hashes } = query;
  const rows = (await nearTableRows(searchPool))[table];
  const scan = {
    source: { ...query, candidates: "scan" as const },
    microseconds: scanMicroseconds(rows, hashes.length),
  };
  if (strategy === "scan") return scan;
  const chunks = rows < ROWS_WITH_STATISTICS ? null : (await nearStatistics(searchPool))[table];
  const probe = (chunks && fittedPlan(query, { rows, chunks })) ?? evenPlan(query, rows);
  return strategy === "probe" || probe.microseconds < scan.microseconds ? probe : scan;
}

function evenPlan(query: NearQuery, rows: number): TablePlan {
  const microseconds = probeMicroseconds(rows, query.hashes.length, query.threshold);
  return { source: { ...query, candidates: "probe" }, microseconds };
}

function fittedPlan(query: NearQuery, statistics: ChunkStatistics): TablePlan | null {
  const costs = probeCosts(query.hashes.length);
  const allocated = query.hashes.flatMap((hash) => allocateRadii(hash, query.threshold, statistics, costs) ?? []);
  if (allocated.length < query.hashes.length) return null;
  const microseconds = allocated.reduce((sum, { cost }) => sum + cost, costs.start);
  return { source: { ...query, candidates: "probe", radii: allocated.map(({ radii }) => radii) }, microseconds };
}
