import { fromIndexBits, toIndexBits } from "../../src/fingerprint/bit-order.ts";
import type { PerceptualKind } from "../../src/fingerprint/fingerprint.ts";

export const HASH_BYTES = 32;
export const HASH_BITS = 256;

/** For each kind, the place in index order of each bit of the hash, as `toIndexBits` moves it. */
export const PLACES: Readonly<Record<PerceptualKind, Uint8Array>> = {
  pdq: placesOf("pdq"),
  blockhash: placesOf("blockhash"),
};

function placesOf(kind: PerceptualKind): Uint8Array {
  return Uint8Array.from({ length: HASH_BITS }, (_, bit) => {
    const hash = Buffer.alloc(HASH_BYTES);
    hash[bit >> 3] = 0x80 >> (bit & 7);
    const moved = Buffer.from(toIndexBits(kind, hash.toString("hex")).slice(1), "hex");
    const byte = moved.findIndex((value) => value !== 0);
    return 8 * byte + Math.clz32(moved[byte] ?? 0) - 24;
  });
}

/** The bits of the hash (256 numbers, 0 or 1, the highest bit of its first digit first) that a row was made of. */
export function readHashBits(kind: PerceptualKind, row: Uint8Array, bits: Uint8Array): void {
  const places = PLACES[kind];
  for (let bit = 0; bit < HASH_BITS; bit++) {
    const place = places[bit] as number;
    bits[bit] = ((row[place >> 3] as number) >> (7 - (place & 7))) & 1;
  }
}

/** A row as the hash that it was made of, 64 hex digits. */
export function hashOfRow(kind: PerceptualKind, row: Uint8Array): string {
  return fromIndexBits(kind, `x${Buffer.from(row.buffer, row.byteOffset, HASH_BYTES).toString("hex")}`);
}
