import type { Check } from "./checks.ts";
import type { Contender, Found } from "./contender.ts";
import type { Corpus } from "./corpus.ts";
import { HASH_BITS, HASH_BYTES } from "./index-order.ts";

const WORDS = HASH_BYTES / 4;
/** Words that are compared before a row is given up: 96 bits differ by 48 among strangers. */
const WORDS_FIRST = 3;
const FOUND_MAX = 1_000_000;

// The main thread's part of the memory: a check's hashes, counts, found rows.
const HASHES_AT = 65_536;
const COUNTS_AT = 2 * 65_536;
const FOUND_AT = 3 * 65_536;

/** Every row compared in this process, in one thread: in JavaScript and in WebAssembly. */
export function bruteForce(corpus: Corpus, limit: number): Contender[] {
  return [
    {
      name: "JavaScript scan",
      limit,
      exact: true,
      takesPart: ({ probes }) => probes === 1,
      search: async (check) => scanInJavaScript(corpus, check, limit),
    },
    {
      name: "WebAssembly scan",
      limit,
      exact: true,
      takesPart: () => true,
      search: async (check) => scanInWebAssembly(corpus, check, limit),
    },
  ];
}

/** Reads the bytes of all rows once, in one thread, and does nothing with them: milliseconds. */
export function readOnce(corpus: Corpus): number {
  const bytes = Math.floor((corpus.count * HASH_BYTES) / 128) * 128;
  const start = performance.now();
  corpus.kernel.read(corpus.rowsAt, bytes);
  return performance.now() - start;
}

function scanInWebAssembly({ kernel, memory, rowsAt, count }: Corpus, check: Check, limit: number): Found {
  const bytes = new Uint8Array(memory.buffer);
  check.hashes.forEach((hash, place) => {
    bytes.set(hash, HASHES_AT + place * HASH_BYTES);
  });
  const { length } = check.hashes;
  const found = kernel.scan(
    rowsAt,
    0,
    count,
    HASHES_AT,
    length,
    check.threshold,
    limit,
    COUNTS_AT,
    FOUND_AT,
    FOUND_MAX,
  );
  if (found === FOUND_MAX) throw new RangeError(`Expected fewer than ${FOUND_MAX} rows to be near`);
  const pairs = new Uint32Array(memory.buffer, FOUND_AT, 2 * found);
  const matches: Match[] = [];
  for (let i = 0; i < found; i++) matches.push({ row: pairs[2 * i] as number, distance: pairs[2 * i + 1] as number });
  return nearestOnes(matches, limit);
}

function scanInJavaScript({ memory, rowsAt, count }: Corpus, check: Check, limit: number): Found {
  const words = new Int32Array(memory.buffer, rowsAt, count * WORDS);
  const hashes = check.hashes.map((hash) => new Int32Array(hash.slice().buffer));
  const matches: Match[] = [];
  const counts = new Uint32Array(HASH_BITS + 1);
  let bound = check.threshold;
  let within = 0;
  for (let row = 0, at = 0; row < count; row++, at += WORDS) {
    let distance = bound + 1;
    for (const hash of hashes) distance = Math.min(distance, distanceWithin(words, at, hash, bound));
    if (distance > bound) continue;
    matches.push({ row, distance });
    counts[distance] = (counts[distance] as number) + 1;
    within++;
    // Rows as far as the bound are needed no more once nearer ones alone fill the limit.
    while (bound >= 0 && within - (counts[bound] as number) >= limit) within -= counts[bound--] as number;
  }
  return nearestOnes(matches, limit);
}

/** Bits in which two hashes differ, or some number above `bound`. */
function distanceWithin(words: Int32Array, at: number, hash: Int32Array, bound: number): number {
  let distance = 0;
  for (let word = 0; word < WORDS_FIRST; word++) {
    distance += popcount((words[at + word] as number) ^ (hash[word] as number));
  }
  if (distance > bound) return distance;
  for (let word = WORDS_FIRST; word < WORDS; word++) {
    distance += popcount((words[at + word] as number) ^ (hash[word] as number));
  }
  return distance;
}

function popcount(word: number): number {
  const pairs = word - ((word >>> 1) & 0x55555555);
  const fours = (pairs & 0x33333333) + ((pairs >>> 2) & 0x33333333);
  return Math.imul((fours + (fours >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}

interface Match {
  readonly row: number;
  readonly distance: number;
}

function nearestOnes(matches: Match[], limit: number): Found {
  const nearest = matches.sort((a, b) => a.distance - b.distance || a.row - b.row).slice(0, limit);
  return { owners: nearest.map(({ row }) => row + 1), distances: nearest.map(({ distance }) => distance) };
}
