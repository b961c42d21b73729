import type { CheckedImage, CheckRecord } from "../../src/db/record-check.ts";
import { toIndexBits } from "../../src/fingerprint/bit-order.ts";

/** An image as a check has decoded it; the number stands for its bytes. Null: hashes that say too little to search by. */
export function checkedImage(
  number: number,
  hashes: { readonly pdq: string; readonly blockhash: string } | null,
): CheckedImage {
  const digest = (digits: number) => number.toString(16).padStart(digits, "0");
  return {
    digests: { sha256: digest(64), sha1: digest(40), md5: digest(32) },
    byteLength: 1,
    format: "png",
    width: 1,
    height: 1,
    frames: 1,
    pdqTransforms: hashes?.pdq.repeat(8) ?? null,
    pdqQuality: 100,
    blockhash: hashes?.blockhash ?? null,
    detail: hashes === null ? "insufficient" : "sufficient",
    fingerprintVersion: 1,
    searchBits: hashes && {
      pdq: toIndexBits("pdq", hashes.pdq),
      blockhash: toIndexBits("blockhash", hashes.blockhash),
    },
  };
}

let checks = 0;

/** A check without a key that costs nothing, with an id of its own. */
export function freeCheck(): CheckRecord {
  checks += 1;
  return {
    checkId: `check-${checks}`,
    verdict: "allow",
    caller: { address: "192.0.2.1", limit: 10 },
    reservation: null,
  };
}
