import type { PerceptualKind } from "./fingerprint.ts";

/** 256 bits in index order as PostgreSQL's `bit` reads them: `x` and 64 hex digits. */
export type IndexBits = `x${string}`;

const BYTES = 32;

/**
 * Which bit of the hash (0 is the highest bit of the first hex digit) stands at each place of the index order, two hex
 * digits a bit. Neighbouring bits of a picture tend to be equal, so chunks cut from the hash as it is hold few different
 * values: on photos a search of blockhashes has nine times fewer candidates in this order. Stored rows are in this order,
 * so it never changes. Made by bench/bit-order.ts, seed 20251: pdq is a random order; for blockhash, bits that are near
 * each other in the picture, or mirror each other, were then moved to different chunks.
 */
const SOURCE_BIT: Record<PerceptualKind, Uint8Array> = {
  pdq: fromHex(
    "3eb09fe956e46c879efd2ad0594235f6e2bbfaa90aaadd1de36725527a7817aff2b23cc8c2484bf3106300761899b4ba" +
      "2429655e4119648e915b88e13dfc38d4ac4e4794e89d92b50bda53b60957460ec3ada25f6d805c267eb7a4ca8593b80c" +
      "ea54f1a0a106a73f9bab4c6a2d9a288c22a86ff9e0cdc47ce78b167149ae311c5d43f4d61181eebf7dcc3bd1e586c78f" +
      "018dcbfeb32044c6c97058deb92c50db374dfb39dcedf50d13157b0f77d56ebd7f073682ff453269bef7961fc05abc74" +
      "a3c561739583ebf88af01a4f72331e08984a2334ef2e90c103df1becb1d962d72104cf84a6e63a8927052b975102d255" +
      "301279a560402f6b75d3669cd8ce6814",
  ),
  blockhash: fromHex(
    "9ca986cbe63991c7d0347fbe20d35cfe1951fa6a57842d04aad502961f2c2905df6e5982f95390c8f37bacdc407635c2" +
      "3b099e707ca3a54f791dbd14e71027c9fb54ff52d15898d4b4f13c0b505aae9343e9162fdd7e8ae4b0b76337ba1277c3" +
      "89661b71c6ebab178ff80ede4448b16c234d83a7f230adce077aa4c40f133d733afc1adab8e147418055f76d875b2ea6" +
      "285e78f5e2a075cd46ca0aef9b24d80132b37d8172d636cfeab6a13f429d994b682acc06f06f0d2265e3941cafdbd9f6" +
      "8dd2a274c0150038214c97619a4e45b5fd69c16bb931034a882bee8c1e62e526bc56d79208955fec9fe064e8ed2585c5" +
      "bb8b18f4b2115d4967600c8e333ebfa8",
  ),
};

const INDEX_BIT: Record<PerceptualKind, Uint8Array> = {
  pdq: inverse(SOURCE_BIT.pdq),
  blockhash: inverse(SOURCE_BIT.blockhash),
};

/**
 * A hash (64 hex digits) as it is stored and searched. The distance of two hashes is the same in either order.
 *
 * @throws RangeError when `hash` is not 64 hex digits.
 */
export function toIndexBits(kind: PerceptualKind, hash: string): IndexBits {
  return `x${reorder(hash, SOURCE_BIT[kind])}`;
}

/**
 * The hash (64 lower-case hex digits) that {@link toIndexBits} has made `bits` of.
 *
 * @throws RangeError when `bits` is not `x` and 64 hex digits.
 */
export function fromIndexBits(kind: PerceptualKind, bits: IndexBits): string {
  return reorder(bits.slice(1), INDEX_BIT[kind]);
}

function reorder(hex: string, sources: Uint8Array): string {
  const from = fromHex(hex);
  if (from.length !== BYTES || hex.length !== 2 * BYTES) {
    throw new RangeError(`Expected ${2 * BYTES} hex digits for a hash but received ${hex}`);
  }
  const to = Buffer.alloc(BYTES);
  for (let bit = 0; bit < 8 * BYTES; bit++) {
    const source = sources[bit] ?? 0;
    const value = ((from[source >> 3] ?? 0) >> (7 - (source & 7))) & 1;
    to[bit >> 3] = ((to[bit >> 3] ?? 0) << 1) | value;
  }
  return to.toString("hex");
}

function inverse(order: Uint8Array): Uint8Array {
  const places = new Uint8Array(order.length);
  order.forEach((source, place) => {
    places[source] = place;
  });
  return places;
}

function fromHex(hex: string): Uint8Array {
  return Buffer.from(hex, "hex");
}
