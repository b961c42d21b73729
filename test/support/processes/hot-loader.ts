import type { HotLoader, HotSink, OpenHotLoader } from "../../../src/hot-index/loader.ts";

/** What the fake loader is told. Its positions are lengths of the log. */
export interface FakeRows {
  readonly tables: Readonly<Record<string, FakeTable>>;
  /** What catchUp() hands over, from the position on. */
  readonly log?: readonly { readonly table: string; readonly owner: number; readonly bits: Uint8Array | null }[];
  readonly fail?: "open" | "load" | "catchUp";
  /** load() ends only when the loader is closed. */
  readonly hang?: boolean;
}

export interface FakeTable {
  readonly owners: Float64Array;
  readonly bits: Uint8Array;
  /** The estimate given to begin(), if not the real number. */
  readonly expectedRows?: number;
}

const ROWS_AT_ONCE = 1000;

export const openHotLoader: OpenHotLoader<number> = async (data) => {
  const { tables, log = [], fail, hang } = data as FakeRows;
  if (fail === "open") throw new Error("The fake loader does not open");
  let release = () => {};
  const closed = new Promise<void>((resolve) => {
    release = resolve;
  });

  function give(sink: HotSink, name: string, { owners, bits, expectedRows }: FakeTable): void {
    if (!sink.begin(name, expectedRows ?? owners.length)) return;
    // One buffer, used again: the sink has to copy.
    const someBits = new Uint8Array(ROWS_AT_ONCE * 32);
    const someOwners = new Float64Array(ROWS_AT_ONCE);
    for (let from = 0; from < owners.length; from += ROWS_AT_ONCE) {
      const n = Math.min(ROWS_AT_ONCE, owners.length - from);
      someOwners.set(owners.subarray(from, from + n));
      someBits.set(bits.subarray(from * 32, (from + n) * 32));
      sink.add(name, someOwners, someBits, n);
    }
    sink.seal(name);
  }

  const loader: HotLoader<number> = {
    async load(sink, names) {
      if (fail === "load") throw new Error("The fake loader does not load");
      for (const name of names) {
        const table = tables[name];
        if (table !== undefined) give(sink, name, table);
      }
      if (hang) await closed;
      return 0;
    },
    async catchUp(from, sink) {
      if (fail === "catchUp") throw new Error("The fake loader does not catch up");
      for (const { table, owner, bits } of log.slice(from)) sink.change(table, owner, bits);
      return log.length;
    },
    async close() {
      release();
    },
  };
  return loader;
};
