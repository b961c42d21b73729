import { NEURAL_NUMBERS } from "../../src/fingerprint/neural.ts";

/** Of sizes: 0 for equal ones, 1 for uniform ones, more for ever fewer large ones among small ones. */
export type Unevenness = 0 | 1 | 4;

/** A vector (512 hex digits) whose numbers have these signs (64 hex digits, as `neuralBits` tells them) and drawn sizes. */
export function drawnVector(hash: string, random: () => number, unevenness: Unevenness = 1): string {
  const signs = Buffer.from(hash, "hex");
  return hexOf(
    Array.from({ length: NEURAL_NUMBERS }, (_, i) => {
      const size = 127 * random() ** unevenness * (unevenness === 0 ? 0.5 : 1);
      const isSet = (((signs[i >> 3] ?? 0) << (i & 7)) & 0x80) !== 0;
      return isSet ? Math.round(size) : -Math.ceil(size || 1);
    }),
  );
}

/**
 * The vector with the signs of `count` numbers turned: of the smallest it stays near, of the largest it goes far, by as many
 * bits.
 */
export function turned(vector: string, count: number, which: "smallest" | "largest"): string {
  const numbers = numbersOf(vector);
  const order = numbers.map((_, i) => i).sort((a, b) => Math.abs(numbers[a] ?? 0) - Math.abs(numbers[b] ?? 0));
  if (which === "largest") order.reverse();
  for (const i of order.slice(0, count)) numbers[i] = (numbers[i] ?? 0) >= 0 ? -(numbers[i] || 1) : -(numbers[i] ?? 0);
  return hexOf(numbers);
}

/** @param numbers 256 of -127..127 */
export function hexOf(numbers: readonly number[]): string {
  return Buffer.from(numbers.map((number) => number + 128)).toString("hex");
}

function numbersOf(vector: string): number[] {
  return [...Buffer.from(vector, "hex")].map((byte) => byte - 128);
}
