import { hammingDistance } from "../fingerprint/hamming.ts";
import type { GoldenSet } from "./golden-check.ts";

/** What one golden picture hashes to by one model. */
export interface GoldenNeural {
  /** Of the model and its map, `ModelFacts.neuralVersion`. */
  readonly version: string;
  /** Name of the golden picture. */
  readonly picture: string;
  /** 64 hex digits. */
  readonly hash: string;
}

/**
 * Bits that a neural hash may move. The same model adds its numbers up in another order on another processor, which turns
 * a sign where a projection is next to nothing.
 */
const TOLERANCE_BITS = 4;

/**
 * Compares the neural hash of a golden picture, where the model in use is the one that the golden hash is of.
 * @param hashOf the neural hash of one file
 * @throws Error naming the picture, what was expected and what came out
 */
export async function checkGoldenNeural(
  { neural, pictures }: Pick<GoldenSet, "neural" | "pictures">,
  neuralVersion: string | null,
  hashOf: (file: Uint8Array) => Promise<string | null>,
): Promise<void> {
  if (neural === null || neural.version !== neuralVersion) return;
  const picture = pictures.find(({ name }) => name === neural.picture);
  const received = await hashOf(Buffer.from(picture?.base64 ?? "", "base64"));
  const distance = received === null ? Number.POSITIVE_INFINITY : hammingDistance(neural.hash, received);
  if (distance <= TOLERANCE_BITS) return;
  throw new Error(
    `Expected the golden picture ${neural.picture} to have neural ${neural.hash} but received ${received}, ${distance} bits ` +
      `apart (${TOLERANCE_BITS} allowed): this build runs the model otherwise than version ${neuralVersion}, and its hashes ` +
      "must not mix with stored ones. Install the packages that package-lock.json names (npm ci)",
  );
}
