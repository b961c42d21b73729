import { type IndexBits, toIndexBits } from "../fingerprint/bit-order.ts";
import type { SearchedKind } from "../fingerprint/fingerprint.ts";

/**
 * A hash (64 hex digits) as its searched table stores it. Bits of neural hashes have no neighbours that resemble them, so
 * they stay in their order.
 *
 * @throws RangeError when `hash` is not 64 hex digits.
 */
export function searchedBits(kind: SearchedKind, hash: string): IndexBits {
  if (kind !== "neural") return toIndexBits(kind, hash);
  if (!/^[0-9a-f]{64}$/i.test(hash)) throw new RangeError(`Expected 64 hex digits for a hash but received ${hash}`);
  return `x${hash}`;
}
