import asc from "assemblyscript/asc";
import { wasm } from "../src/hot-index/kernel/web-assembly.ts";

// Two ways to compare a row's first half with a hash, over the rows in their order and over rows anywhere.
const SOURCE = `
export function scanScalar(rows: u32, end: u32, threshold: u64, a: u64, b: u64): u32 {
  let found: u32 = 0;
  for (let row = rows; row < end; row += 16) {
    found += u32(popcnt<u64>(load<u64>(row) ^ a) + popcnt<u64>(load<u64>(row, 8) ^ b) <= threshold);
  }
  return found;
}
export function scanVector(rows: u32, end: u32, threshold: u64, a: u64, b: u64): u32 {
  const query = i64x2.replace_lane(i64x2.splat(a), 1, b);
  let found: u32 = 0;
  for (let row = rows; row < end; row += 16) found += u32(near(row, query, threshold));
  return found;
}
export function verifyScalar(rows: u32, ids: u32, end: u32, threshold: u64, a: u64, b: u64): u32 {
  let found: u32 = 0;
  for (let id = ids; id < end; id += 4) {
    const row = rows + (load<u32>(id) << 4);
    found += u32(popcnt<u64>(load<u64>(row) ^ a) + popcnt<u64>(load<u64>(row, 8) ^ b) <= threshold);
  }
  return found;
}
export function verifyVector(rows: u32, ids: u32, end: u32, threshold: u64, a: u64, b: u64): u32 {
  const query = i64x2.replace_lane(i64x2.splat(a), 1, b);
  let found: u32 = 0;
  for (let id = ids; id < end; id += 4) found += u32(near(rows + (load<u32>(id) << 4), query, threshold));
  return found;
}
// @ts-ignore: decorator
@inline
function near(row: u32, query: v128, threshold: u64): bool {
  const bytes = i8x16.popcnt(v128.xor(v128.load(row), query));
  const words = i32x4.extadd_pairwise_i16x8_u(i16x8.extadd_pairwise_i8x16_u(bytes));
  const sum = i32x4.add(words, i32x4.shuffle(words, words, 2, 3, 0, 1));
  return <u64>(i32x4.extract_lane(sum, 0) + i32x4.extract_lane(sum, 1)) <= threshold;
}
`;

type Loop = (...numbers: (number | bigint)[]) => number;
type Loops = Record<"scanScalar" | "scanVector" | "verifyScalar" | "verifyVector", Loop>;

const REPEATS = 7;
const CANDIDATES = 4096;

/** Prints what the two ways take, interleaved; the kernel has the faster. */
export async function compareKernels(rows: number): Promise<void> {
  const pages = Math.ceil((1024 + rows * 16 + CANDIDATES * 4) / 65_536);
  const memory = new wasm.Memory({ initial: pages, maximum: pages, shared: true });
  const { exports } = new wasm.Instance(new wasm.Module(await compile(pages)), { env: { memory } });
  const loops = exports as Loops;
  const words = new Uint32Array(memory.buffer, 1024, rows * 4 + CANDIDATES);
  for (let word = 0; word < words.length; word++) words[word] = Math.imul(word, 0x9e37_79b1) ^ (word << 7);
  const ids = 1024 + rows * 16;
  const best = new Map<keyof Loops, number>();
  for (let repeat = 0; repeat < REPEATS; repeat++) {
    for (const name of ["scanScalar", "scanVector", "verifyScalar", "verifyVector"] as const) {
      const isScan = name.startsWith("scan");
      // Other rows every time: those just compared are in the cache.
      for (let i = 0; i < CANDIDATES; i++) words[rows * 4 + i] = Math.random() * rows;
      const places = isScan ? [1024, ids] : [1024, ids, ids + CANDIDATES * 4];
      const start = performance.now();
      loops[name](...places, 31n, 0x0123_4567_89ab_cdefn, BigInt(repeat));
      const nanoseconds = ((performance.now() - start) * 1e6) / (isScan ? rows : CANDIDATES);
      best.set(name, Math.min(best.get(name) ?? Number.POSITIVE_INFINITY, nanoseconds));
    }
  }
  console.log(`\n## Half a row compared, ns (best of ${REPEATS}, ${rows} rows)`);
  for (const [name, nanoseconds] of best) console.log(`${name} ${nanoseconds.toFixed(2)}`);
}

async function compile(pages: number): Promise<Uint8Array> {
  let bytes: Uint8Array | undefined;
  const flags = [
    "-O3",
    "--noAssert",
    "--runtime",
    "stub",
    "--enable",
    "simd,threads",
    "--importMemory",
    "--sharedMemory",
  ];
  const memory = ["--initialMemory", "1", "--maximumMemory", String(pages)];
  const { error, stderr } = await asc.main(["loops.ts", ...flags, ...memory, "--outFile", "loops.wasm"], {
    readFile: (name) => (name === "loops.ts" ? SOURCE : null),
    writeFile(name, contents) {
      if (name === "loops.wasm" && typeof contents !== "string") bytes = contents;
    },
    listFiles: () => [],
  });
  if (bytes === undefined) throw new Error(`The loops do not compile: ${stderr}`, { cause: error });
  return bytes;
}
