import { PERCEPTUAL_KINDS, type PerceptualFingerprint, type Variant } from "../fingerprint/fingerprint.ts";
import { hammingDistance } from "../fingerprint/hamming.ts";
import { TRANSFORMS } from "../fingerprint/transform.ts";
import { FINGERPRINT_VERSION } from "../fingerprint/version.ts";
import type { GoldenNeural } from "./golden-neural.ts";

/** What a picture's hashes must be: 64 hex digits each, of every variant in every symmetry. */
export type GoldenHashes = Pick<PerceptualFingerprint, "pdq" | "blockhash" | "variants">;

/** A small picture whose hashes are known. */
export interface GoldenPicture extends GoldenHashes {
  readonly name: string;
  /** Whether every decoder of its format gives the same pixels. */
  readonly lossless: boolean;
  /** The file. */
  readonly base64: string;
}

export interface GoldenSet {
  /** The FINGERPRINT_VERSION that the hashes are of. */
  readonly fingerprintVersion: number;
  readonly pictures: readonly GoldenPicture[];
  /** By the model that comes with the project; null where it makes no neural hashes. */
  readonly neural: GoldenNeural | null;
}

/**
 * Bits that a hash of a picture of a lossy format may move. Decoders of one format differ by a level here and there, by the
 * processor's instructions for one. PDQ and blockhash cut at a median, so what crosses it comes in pairs: two bits are one
 * crossing. A level up or down at every pixel of these pictures moves no more; a colour profile or an orientation
 * that is not applied moves ten times as many.
 */
const LOSSY_TOLERANCE_BITS = 2;

/**
 * Hashes the golden pictures and compares: a build whose decoder or hashes moved must not add to, or be compared with, hashes
 * that others stored under the same version.
 * @param fingerprint decodes and hashes one file
 * @throws Error naming the picture, what was expected and what came out
 */
export async function checkGolden(
  golden: GoldenSet,
  fingerprint: (file: Uint8Array) => Promise<GoldenHashes>,
): Promise<void> {
  if (golden.fingerprintVersion !== FINGERPRINT_VERSION) {
    throw new Error(
      `Expected golden hashes of fingerprint version ${FINGERPRINT_VERSION} but received those of ` +
        `${golden.fingerprintVersion}: npm run build:golden makes them anew`,
    );
  }
  for (const picture of golden.pictures) {
    const received = await fingerprint(Buffer.from(picture.base64, "base64")).catch((cause: unknown) => {
      throw moved(picture, "to be decoded", cause instanceof Error ? cause.message : String(cause), cause);
    });
    compare(picture, received);
  }
}

function compare(golden: GoldenPicture, received: GoldenHashes): void {
  for (const kind of PERCEPTUAL_KINDS) compareHash(golden, kind, golden[kind], received[kind]);
  const [expectedLooks, receivedLooks] = [describeVariants(golden.variants), describeVariants(received.variants)];
  if (expectedLooks !== receivedLooks) throw moved(golden, `to be searched by ${expectedLooks}`, receivedLooks);
  for (const [place, variant] of golden.variants.entries()) {
    for (const kind of PERCEPTUAL_KINDS) {
      for (const transform of TRANSFORMS) {
        const what = `${variant.trimmed ? "trimmed " : ""}${transform} ${kind}`;
        compareHash(golden, what, variant[kind][transform], received.variants[place]?.[kind][transform] ?? null);
      }
    }
  }
}

function describeVariants(variants: readonly Variant[]): string {
  return variants.map(({ trimmed }) => (trimmed ? "trimmed" : "whole")).join(" and ") || "nothing";
}

function compareHash(golden: GoldenPicture, what: string, expected: string | null, received: string | null): void {
  const tolerance = golden.lossless ? 0 : LOSSY_TOLERANCE_BITS;
  const distance = expected === null || received === null ? null : hammingDistance(expected, received);
  if (distance === null ? expected === received : distance <= tolerance) return;
  const apart = distance === null ? "" : `, ${distance} bits apart (${tolerance} allowed)`;
  throw moved(golden, `to have ${what} ${expected}`, `${received}${apart}`);
}

function moved(golden: GoldenPicture, expected: string, received: string, cause?: unknown): Error {
  return new Error(
    `Expected the golden picture ${golden.name} ${expected} but received ${received}: this build decodes or hashes ` +
      `otherwise than fingerprint version ${FINGERPRINT_VERSION}, and its hashes must not mix with stored ones. Install the ` +
      "packages that package-lock.json names (npm ci)",
    { cause },
  );
}
