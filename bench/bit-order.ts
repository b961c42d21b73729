// Prints the constants of src/fingerprint/bit-order.ts: `npx tsx bench/bit-order.ts`. They were made once and are stored
// in every database, so this is their record, not a part of the build.
import { CHUNK_WIDTHS } from "../src/fingerprint/chunks.ts";

const SEED = 20_251;
const SIDE = 16;
const BITS = SIDE * SIDE;
const SWAPS = 400_000;

/** mulberry32: uniform numbers in [0, 1) from a 32-bit seed. */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Fisher and Yates. */
function shuffledBits(random: () => number): number[] {
  const bits = Array.from({ length: BITS }, (_, bit) => bit);
  for (let i = BITS - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [bits[i], bits[j]] = [at(bits, j), at(bits, i)];
  }
  return bits;
}

/** How alike two blocks of a picture are expected to be: near ones are, and those that mirror each other half as much. */
function expectedLikeness(a: number, b: number): number {
  const across = (x: number) => x % SIDE;
  const down = Math.floor(a / SIDE) - Math.floor(b / SIDE);
  const near = Math.exp(-Math.hypot(across(a) - across(b), down) / 2);
  const mirrored = Math.exp(-Math.hypot(SIDE - 1 - across(a) - across(b), down) / 2);
  return near + mirrored / 2;
}

/** Swaps bits between chunks as long as that makes the bits of one chunk less alike. */
function spread(bits: number[], random: () => number): number[] {
  const chunkAt = CHUNK_WIDTHS.flatMap((width, chunk) => new Array<number>(width).fill(chunk));
  const inChunk = (position: number, bit: number, except: number): number => {
    let sum = 0;
    for (let other = 0; other < BITS; other++) {
      if (chunkAt[other] === chunkAt[position] && other !== except) sum += expectedLikeness(bit, at(bits, other));
    }
    return sum;
  };
  for (let swap = 0; swap < SWAPS; swap++) {
    const [a, b] = [Math.floor(random() * BITS), Math.floor(random() * BITS)];
    if (chunkAt[a] === chunkAt[b]) continue;
    const [bitA, bitB] = [at(bits, a), at(bits, b)];
    const now = inChunk(a, bitA, a) + inChunk(b, bitB, b);
    const then = inChunk(a, bitB, a) + inChunk(b, bitA, b);
    if (then < now - 1e-9) [bits[a], bits[b]] = [bitB, bitA];
  }
  return bits;
}

function at(values: readonly number[], index: number): number {
  const value = values[index];
  if (value === undefined) throw new RangeError(`Expected an index below ${values.length} but received ${index}`);
  return value;
}

const random = randomFrom(SEED);
console.log("pdq      ", Buffer.from(shuffledBits(random)).toString("hex"));
console.log("blockhash", Buffer.from(spread(shuffledBits(random), random)).toString("hex"));
