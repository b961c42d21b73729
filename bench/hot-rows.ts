import type { HotLoader, OpenHotLoader } from "../src/hot-index/loader.ts";

/** What the loader of made-up rows is told, and tells as its position. */
export interface MadeRows {
  readonly rows: number;
}

export interface MadeTimes {
  /** Making and handing over the rows, ms. */
  readonly loadMs: number;
  /** Making the segment of them, ms. */
  readonly buildMs: number;
}

const ROWS_AT_ONCE = 65_536;

/** Row `row` of the made-up table: eight uniform words (murmur3's finaliser over a counter). */
export function makeRow(row: number, words: Uint32Array, offset: number): void {
  for (let word = 0; word < 8; word++) {
    let mixed = Math.imul(row * 8 + word + 1, 0x9e37_79b1);
    mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85eb_ca6b);
    mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2_ae35);
    words[offset + word] = mixed ^ (mixed >>> 16);
  }
}

export const openHotLoader: OpenHotLoader<MadeTimes> = async (data) => {
  const { rows } = data as MadeRows;
  const loader: HotLoader<MadeTimes> = {
    async load(sink, [table = ""]) {
      const start = performance.now();
      if (!sink.begin(table, rows)) throw new Error(`${rows} rows are above the budget`);
      const words = new Uint32Array(ROWS_AT_ONCE * 8);
      const owners = new Float64Array(ROWS_AT_ONCE);
      for (let from = 0; from < rows; from += ROWS_AT_ONCE) {
        const n = Math.min(ROWS_AT_ONCE, rows - from);
        for (let row = 0; row < n; row++) {
          makeRow(from + row, words, row * 8);
          owners[row] = from + row;
        }
        sink.add(table, owners, new Uint8Array(words.buffer), n);
      }
      const loaded = performance.now();
      sink.seal(table);
      return { loadMs: loaded - start, buildMs: performance.now() - loaded };
    },
    catchUp: (from) => Promise.resolve(from),
    close: () => Promise.resolve(),
  };
  return loader;
};
