// The index in memory beside reading all rows at the memory's bandwidth; no database. Uniform rows.
// `npx tsx bench/hot-index.ts [rows ...]`, by default a million and ten millions, which take 1.3 GB.
import { createHotIndex, type HotIndex } from "../src/hot-index/hot-index.ts";
import { compareKernels } from "./hot-kernels.ts";
import { type MadeTimes, makeRow } from "./hot-rows.ts";

const TABLE = "rows";
const SEARCHERS = 2;
const SEARCHES = 1000;
const WARM_UP = 200;
const SEED = 20_251;
const LIMIT = 10_000;

interface Times {
  readonly median: number;
  readonly p99: number;
}

const sizes = process.argv.slice(2).map(Number);
const medians: number[] = [];
for (const rows of sizes.length > 0 ? sizes : [1_000_000, 10_000_000]) medians.push(await measure(rows));
if (medians.length > 1) {
  console.log(
    `\nFrom the smallest to the largest: ${((medians.at(-1) ?? 0) / (medians[0] ?? 1)).toFixed(2)} times as long`,
  );
}
await compareKernels(sizes.at(-1) ?? 10_000_000);

/** Median of a search with one hash at 31 bits, ms. */
async function measure(rows: number): Promise<number> {
  const { index, times } = await load(rows);
  try {
    const { bytes, kernel } = index.stats();
    console.log(`\n## ${rows} rows (${kernel}, ${SEARCHERS} searchers)`);
    console.log(`${(bytes / rows).toFixed(1)} bytes a row; handed over in ${seconds(times.loadMs)} s, `);
    console.log(`built in ${seconds(times.buildMs)} s: ${Math.round((rows / times.buildMs) * 1000)} rows/s`);
    const reading = readAll(rows);
    console.log(`reading ${rows} rows of 32 bytes once: ${reading.toFixed(2)} ms`);
    console.log("\n| hashes | threshold | median ms | p99 ms | p99 / median | reading / median | found |");
    console.log("|---|---|---|---|---|---|---|");
    const random = seeded(SEED);
    let one = 0;
    for (const threshold of [0, 10, 16, 21, 31]) {
      const found = await time(index, rows, 1, threshold, random, reading);
      if (threshold === 31) one = found.median;
    }
    const many = await time(index, rows, 16, 31, random, reading);
    console.log(`\n16 hashes take ${(many.median / one).toFixed(2)} times as long as one`);
    return one;
  } finally {
    await index.close();
  }
}

/** Half of the queries are rows with `threshold` bits flipped at most: each must be found. */
async function time(
  index: HotIndex<MadeTimes>,
  rows: number,
  hashes: number,
  threshold: number,
  random: () => number,
  reading: number,
): Promise<Times> {
  const taken: number[] = [];
  let found = 0;
  for (let search = -WARM_UP; search < SEARCHES; search++) {
    const planted = Math.floor(random() * rows);
    const query = Array.from({ length: hashes }, () => randomHash(random));
    if (search % 2 === 0) query[0] = flipped(planted, search % (threshold + 1), random);
    const start = performance.now();
    const answer = await index.search(TABLE, query, threshold, LIMIT);
    const ms = performance.now() - start;
    if (search < 0) continue;
    taken.push(ms);
    if (search % 2 === 0 && answer?.owners.includes(planted)) found++;
  }
  taken.sort((a, b) => a - b);
  const median = taken[taken.length >> 1] ?? 0;
  const p99 = taken[Math.floor(taken.length * 0.99)] ?? 0;
  const cells = [hashes, threshold, median.toFixed(3), p99.toFixed(3), (p99 / median).toFixed(1)];
  console.log(`| ${[...cells, (reading / median).toFixed(0), `${found} of ${SEARCHES / 2}`].join(" | ")} |`);
  return { median, p99 };
}

function load(rows: number): Promise<{ index: HotIndex<MadeTimes>; times: MadeTimes }> {
  return new Promise((resolve, reject) => {
    const index = createHotIndex<MadeTimes>({
      budgetBytes: 16e9,
      searchers: SEARCHERS,
      loader: { module: new URL("./hot-rows.ts", import.meta.url), data: { rows } },
      tables: [TABLE],
      onReady: (times) => resolve({ index, times }),
      onFailed: reject,
    });
  });
}

/** Milliseconds to read so many rows once, best of five: libc's search for a byte that isn't there. */
function readAll(rows: number): number {
  const memory = Buffer.alloc(rows * 32, 1);
  let best = Number.POSITIVE_INFINITY;
  for (let i = 0; i < 5; i++) {
    const start = performance.now();
    memory.indexOf(2);
    best = Math.min(best, performance.now() - start);
  }
  return best;
}

function randomHash(random: () => number): Uint8Array {
  return Uint8Array.from({ length: 32 }, () => random() * 256);
}

function flipped(row: number, bits: number, random: () => number): Uint8Array {
  const words = new Uint32Array(8);
  makeRow(row, words, 0);
  const bytes = new Uint8Array(words.buffer);
  for (let i = 0; i < bits; i++) {
    const bit = Math.floor(random() * 256);
    bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) ^ (1 << (bit & 7));
  }
  return bytes;
}

function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0;
    const mixed = Math.imul(state ^ (state >>> 15), 0x2c1b_3c6d);
    return ((mixed ^ (mixed >>> 12)) >>> 0) / 2 ** 32;
  };
}

function seconds(ms: number): string {
  return (ms / 1000).toFixed(2);
}
