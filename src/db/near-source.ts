import type { Database } from "./client.ts";
import type { NearSource } from "./near-statement.ts";
import { chooseStrategy, type NearStrategy } from "./near-strategy.ts";
import type { HotView } from "./near-view.ts";

export type NearDatabase = Pick<Database, "searchPool">;

/** What every search may be told of where to look. */
export interface NearOptions {
  /** Asked first for the rows to compare; the answers are those of the view's moment. */
  readonly view?: HotView | null;
  /** How to search what the view can't answer. Default: the cheaper way. */
  readonly strategy?: NearStrategy;
}

export type NearQuery = Pick<NearSource, "table" | "hashes" | "threshold">;

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
  const { table, hashes, threshold } = query;
  return { ...query, candidates: strategy ?? (await chooseStrategy(database, table, hashes.length, threshold)) };
}
