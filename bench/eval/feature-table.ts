import { NEURAL_NUMBERS, neuralBits } from "../../src/fingerprint/neural.ts";
import { TRANSFORMS } from "../../src/fingerprint/transform.ts";
import { neuralVector } from "./features.ts";
import { HAS, RECORD, TAPS } from "./record.ts";

/** Looks of the whole picture: its symmetries, the picture itself first. */
export const WHOLE_LOOKS = TRANSFORMS.length;
/** And of the trimmed one, behind them. */
export const LOOKS = 2 * WHOLE_LOOKS;
/** 32-bit words of a hash. */
export const HASH_WORDS = 8;
export const PEER_WORDS = 2;

/** Hashes by rows, in words. Look l of row r starts at (r * LOOKS + l) * HASH_WORDS; a neural hash at r * HASH_WORDS. */
export interface FeatureTable {
  /** The HAS of each row. */
  readonly has: Uint8Array;
  readonly pdq: Int32Array;
  readonly blockhash: Int32Array;
  readonly neural: Int32Array;
  /** NEURAL_NUMBERS a row, -127..127, and their Euclidean length. */
  readonly vectors: Int8Array;
  readonly lengths: Float64Array;
  readonly phash: Int32Array;
  readonly dhash: Int32Array;
}

export function featureTable(rows: number): FeatureTable {
  return {
    has: new Uint8Array(rows),
    pdq: new Int32Array(rows * LOOKS * HASH_WORDS),
    blockhash: new Int32Array(rows * LOOKS * HASH_WORDS),
    neural: new Int32Array(rows * HASH_WORDS),
    vectors: new Int8Array(rows * NEURAL_NUMBERS),
    lengths: new Float64Array(rows),
    phash: new Int32Array(rows * PEER_WORDS),
    dhash: new Int32Array(rows * PEER_WORDS),
  };
}

/** Row of a photo's attacked copy, where so many attacks are made on each; the photo itself comes before its copies. */
export function rowOf(photo: number, attacks: number, attack: number | null): number {
  return photo * (attacks + 1) + (attack === null ? 0 : attack + 1);
}

/** Puts a record into a row. */
export function setRow(table: FeatureTable, row: number, record: Buffer): void {
  const half = WHOLE_LOOKS * HASH_WORDS;
  table.has[row] = record[0]!;
  for (const [place, start] of [RECORD.whole, RECORD.trimmed].entries()) {
    const at = row * 2 * half + place * half;
    copyWords(record, start, table.pdq, at, half);
    copyWords(record, start + 4 * half, table.blockhash, at, half);
  }
  copyWords(record, RECORD.phash, table.phash, row * PEER_WORDS, PEER_WORDS);
  copyWords(record, RECORD.dhash, table.dhash, row * PEER_WORDS, PEER_WORDS);
  // Nor is a flat picture matched by its neural hash.
  if (!(record[0]! & (HAS.whole | HAS.trimmed))) return;
  const taps = Float32Array.from({ length: TAPS }, (_, i) => record.readFloatLE(RECORD.taps + 4 * i));
  const vector = Buffer.from(neuralVector(taps), "hex");
  copyWords(Buffer.from(neuralBits(vector.toString("hex")), "hex"), 0, table.neural, row * HASH_WORDS, HASH_WORDS);
  let square = 0;
  vector.forEach((byte, i) => {
    table.vectors[row * NEURAL_NUMBERS + i] = byte - 128;
    square += (byte - 128) ** 2;
  });
  table.lengths[row] = Math.sqrt(square);
  table.has[row]! |= HAS.neural;
}

function copyWords(from: Buffer, start: number, to: Int32Array, at: number, count: number): void {
  for (let i = 0; i < count; i++) to[at + i] = from.readInt32LE(start + 4 * i);
}
