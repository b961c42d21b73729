import { hexToBytes } from "./hex.ts";

/** Number of set bits in each byte value. */
const ONES = Uint8Array.from({ length: 256 }, (_, value) => {
  let ones = 0;
  for (let rest = value; rest > 0; rest >>= 1) {
    ones += rest & 1;
  }
  return ones;
});

/**
 * Hamming distance of two 256-bit hashes, in bits (0..256).
 * @param a 64 hex digits or 32 bytes
 * @param b the same
 * @throws RangeError where either is neither
 */
export function hammingDistance(a: string | Uint8Array, b: string | Uint8Array): number {
  const left = toBytes(a);
  const right = toBytes(b);
  let distance = 0;
  for (let i = 0; i < 32; i++) {
    distance += ONES[(left[i] ?? 0) ^ (right[i] ?? 0)] ?? 0;
  }
  return distance;
}

function toBytes(hash: string | Uint8Array): Uint8Array {
  if (typeof hash === "string") {
    return hexToBytes(hash);
  }
  if (hash.length !== 32) {
    throw new RangeError(`Expected 32 bytes for a 256-bit hash but received ${hash.length}`);
  }
  return hash;
}
