import type { PerceptualKind } from "../../src/fingerprint/fingerprint.ts";
import { HASH_BITS, HASH_BYTES, readHashBits } from "./index-order.ts";

/** What of a kind of hashes decides how well chunks of them can be told apart. */
export interface RowStatistics {
  /** Mean of |r| over all pairs of bits. */
  readonly correlation: number;
  /** Collision entropy, in bits, of 16 neighbouring bits of the hash; mean over its 16 chunks. */
  readonly chunkEntropy: number;
}

const SAMPLE_ROWS = 100_000;
const CHUNK_BITS = 16;

/** Of the first 100,000 rows (32 bytes each, in index order), as hashes: that is, before they were put in index order. */
export function rowStatistics(kind: PerceptualKind, rows: Uint8Array): RowStatistics {
  const count = Math.min(SAMPLE_ROWS, rows.length / HASH_BYTES);
  const words = Math.ceil(count / 32);
  const columns = new Int32Array(HASH_BITS * words);
  const chunks = Array.from({ length: HASH_BITS / CHUNK_BITS }, () => new Uint32Array(2 ** CHUNK_BITS));
  const bits = new Uint8Array(HASH_BITS);
  for (let row = 0; row < count; row++) {
    readHashBits(kind, rows.subarray(row * HASH_BYTES, (row + 1) * HASH_BYTES), bits);
    for (let bit = 0; bit < HASH_BITS; bit++) {
      const at = bit * words + (row >> 5);
      columns[at] = (columns[at] as number) | ((bits[bit] as number) << (row & 31));
    }
    chunks.forEach((values, chunk) => {
      let value = 0;
      for (let bit = 0; bit < CHUNK_BITS; bit++) value = (value << 1) | (bits[chunk * CHUNK_BITS + bit] as number);
      values[value] = (values[value] as number) + 1;
    });
  }
  const entropies = chunks.map((values) => {
    const collisions = values.reduce((sum, times) => sum + times * (times - 1), 0);
    return -Math.log2(collisions / (count * (count - 1)));
  });
  return { correlation: meanCorrelation(columns, words, count), chunkEntropy: mean(entropies) };
}

function meanCorrelation(columns: Int32Array, words: number, count: number): number {
  const column = (bit: number) => columns.subarray(bit * words, (bit + 1) * words);
  const shares = Array.from({ length: HASH_BITS }, (_, bit) => commonOnes(column(bit), column(bit)) / count);
  let sum = 0;
  for (let a = 0; a < HASH_BITS; a++) {
    for (let b = 0; b < a; b++) {
      const [p, q] = [shares[a] as number, shares[b] as number];
      const covariance = commonOnes(column(a), column(b)) / count - p * q;
      sum += Math.abs(covariance) / Math.sqrt(p * (1 - p) * q * (1 - q));
    }
  }
  return sum / ((HASH_BITS * (HASH_BITS - 1)) / 2);
}

function commonOnes(a: Int32Array, b: Int32Array): number {
  let ones = 0;
  for (let i = 0; i < a.length; i++) ones += popcount((a[i] as number) & (b[i] as number));
  return ones;
}

function popcount(word: number): number {
  const pairs = word - ((word >>> 1) & 0x55555555);
  const fours = (pairs & 0x33333333) + ((pairs >>> 2) & 0x33333333);
  return Math.imul((fours + (fours >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}

function mean(values: readonly number[]): number {
  return values.reduce((a, b) => a + b, 0) / values.length;
}
