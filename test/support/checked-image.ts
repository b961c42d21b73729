import type { CheckRecord } from "../../src/db/check-payment.ts";
import type { SearchedVariant } from "../../src/db/image-bits.ts";
import type { CheckedImage } from "../../src/db/record-check.ts";
import { toIndexBits } from "../../src/fingerprint/bit-order.ts";

/** The same in all symmetries. */
interface Hashes {
  readonly pdq: string;
  readonly blockhash: string;
}

/**
 * An image as a check has decoded it; the number stands for its bytes. Null: hashes that say too little to search by; with
 * `trimmed`, those of the picture without its borders.
 */
export function checkedImage(number: number, hashes: Hashes | null, trimmed: Hashes | null = null): CheckedImage {
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
    blockhashTransforms: hashes?.blockhash.repeat(8) ?? null,
    trimmedTransforms: trimmed && trimmed.pdq.repeat(8) + trimmed.blockhash.repeat(8),
    detail: hashes === null && trimmed === null ? "insufficient" : "sufficient",
    detailCause: hashes === null ? "few_patterns" : null,
    fingerprintVersion: 2,
    neural: null,
    neuralVersion: null,
    searchBits: [...searchedVariant(0, hashes), ...searchedVariant(1, trimmed)],
  };
}

function searchedVariant(variant: 0 | 1, hashes: Hashes | null): SearchedVariant[] {
  if (hashes === null) return [];
  const { pdq, blockhash } = hashes;
  return [{ variant, pdq: toIndexBits("pdq", pdq), blockhash: toIndexBits("blockhash", blockhash) }];
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
    claim: null,
  };
}
