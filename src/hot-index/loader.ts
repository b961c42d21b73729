/** The name of one of the followed tables. */
export type HotTable = string;

/** Where the rows of a table go while they are loaded, and the changes while a loader catches up. */
export interface HotSink {
  /**
   * Starts a table from scratch. False where it will not fit into the budget: then it is not held, and add() must not be
   * called for it.
   * @param expectedRows an estimate; more rows may come
   */
  begin(table: HotTable, expectedRows: number): boolean;
  /**
   * Adds rows: owners[i] (safe integers) with bits[32 * i .. 32 * i + 31] in index order. Both are copied before it
   * returns. Owners mostly ascend; any order works, and of rows of one owner the last one counts.
   * False where the table doesn't fit any more: then it is not held, and the rest needn't be added.
   */
  add(table: HotTable, owners: Float64Array, bits: Uint8Array, n: number): boolean;
  /** All rows of the table were added: it is indexed, which takes seconds at millions of rows. */
  seal(table: HotTable): void;
  /** The owner's row is now these 32 bytes in index order, or gone (null). In the order of the changes. */
  change(table: HotTable, owner: number, bits: Uint8Array | null): void;
}

/** Reads the tables; it lives in the keeper's thread. */
export interface HotLoader<Position> {
  /** Hands over every row of the tables, in the order given, and tells the position that they are at. */
  load(sink: HotSink, tables: readonly HotTable[]): Promise<Position>;
  /**
   * Hands over every change since `from` of every table, and tells the position reached.
   * @param reloaded tables that were loaded just before
   */
  catchUp(from: Position, sink: HotSink, reloaded: readonly HotTable[]): Promise<Position>;
  /** May come while another call is under way, which should then end soon, in an error or not. */
  close(): Promise<void>;
}

/** What the loader's module exports as `openHotLoader`. */
export type OpenHotLoader<Position> = (data: unknown) => Promise<HotLoader<Position>>;
