import type { Detail, DetailCause, Digests, ImageFormat, Look, Variant } from "../fingerprint/fingerprint.ts";
import { looksOf } from "../fingerprint/looks.ts";
import { type NeuralHash, neuralHashOf } from "../fingerprint/neural.ts";
import { TRANSFORMS, type Transform } from "../fingerprint/transform.ts";
import type { Scores } from "../scores.ts";

/** An image that was checked before. */
export interface KnownImage {
  readonly id: bigint;
  readonly digests: Digests;
  readonly byteLength: number;
  readonly format: ImageFormat;
  readonly width: number;
  readonly height: number;
  readonly frames: number;
  /** Of the whole picture, 64 hex digits; null where it is too small to hash. */
  readonly pdq: string | null;
  readonly pdqQuality: number;
  readonly blockhash: string | null;
  readonly detail: Detail;
  /** Why the whole picture isn't searched by its looks; null where it is, and for rows of fingerprint version 1. */
  readonly detailCause: DetailCause | null;
  /** Everything the picture is searched by, in the order of MATCH_TRANSFORMS; none with insufficient detail. */
  readonly looks: readonly Look[];
  /** Null where no model made one. */
  readonly neural: NeuralHash | null;
  readonly fingerprintVersion: number;
  /** `<name>@<version>` of the model behind `scores`; both null where it was never classified. */
  readonly model: string | null;
  readonly scores: Scores | null;
  /** The image whose scores were reused; null where the model ran on this one. */
  readonly scoresFrom: bigint | null;
  readonly timesSeen: number;
  readonly firstSeenAt: Date;
}

/** One `image` row as the driver reads it. */
export interface ImageRow {
  id: string;
  sha256: Buffer;
  sha1: Buffer;
  md5: Buffer;
  byte_length: number;
  format: string;
  width: number;
  height: number;
  frames: number;
  pdq_transforms: Buffer | null;
  pdq_quality: number;
  blockhash: Buffer | null;
  blockhash_transforms: Buffer | null;
  trimmed_transforms: Buffer | null;
  detail: Detail;
  detail_cause: DetailCause | null;
  neural: Buffer | null;
  neural_version: string | null;
  fingerprint_version: number;
  model: string | null;
  scores: Scores | null;
  scores_from: string | null;
  times_seen: string;
  first_seen_at: Date;
}

export const IMAGE_COLUMNS = `image.id, image.sha256, image.sha1, image.md5, image.byte_length, image.format, image.width,
    image.height, image.frames, image.pdq_transforms, image.pdq_quality, image.blockhash, image.blockhash_transforms,
    image.trimmed_transforms, image.detail, image.detail_cause, image.neural, image.neural_version, image.fingerprint_version, image.model, image.scores, image.scores_from, image.times_seen, image.first_seen_at`;

const HASH_DIGITS = 64;
const TRANSFORMS_DIGITS = TRANSFORMS.length * HASH_DIGITS;

/** The eight hashes in the order of TRANSFORMS, as one hex text; how they are stored. */
export function joinTransforms(hashes: Readonly<Record<Transform, string>>): string {
  return TRANSFORMS.map((transform) => hashes[transform]).join("");
}

function splitTransforms(joined: string): Record<Transform, string> {
  return Object.fromEntries(
    TRANSFORMS.map((transform, index) => [transform, joined.slice(index * HASH_DIGITS, (index + 1) * HASH_DIGITS)]),
  ) as Record<Transform, string>;
}

function looksOfRow(row: ImageRow): Look[] {
  const pdq = row.pdq_transforms?.toString("hex") ?? "";
  const blockhash = row.blockhash_transforms?.toString("hex") ?? null;
  const trimmed = row.trimmed_transforms?.toString("hex") ?? null;
  const trimmedLooks = trimmed === null ? [] : looksOf([variantOf(true, trimmed, trimmed.slice(TRANSFORMS_DIGITS))]);
  if (row.detail === "insufficient" || row.detail_cause !== null || pdq === "") return trimmedLooks;
  if (blockhash !== null) return [...looksOf([variantOf(false, pdq, blockhash)]), ...trimmedLooks];
  // Fingerprint version 1 has no other blockhash.
  const identity = row.blockhash?.toString("hex") ?? null;
  const byPdq = splitTransforms(pdq);
  return TRANSFORMS.map((transform) => ({
    transform,
    pdq: byPdq[transform],
    blockhash: transform === "identity" ? identity : null,
  }));
}

function variantOf(trimmed: boolean, pdq: string, blockhash: string): Variant {
  return { trimmed, pdq: splitTransforms(pdq), blockhash: splitTransforms(blockhash) };
}

export function parseImage(row: ImageRow): KnownImage {
  return {
    id: BigInt(row.id),
    digests: { sha256: row.sha256.toString("hex"), sha1: row.sha1.toString("hex"), md5: row.md5.toString("hex") },
    byteLength: row.byte_length,
    format: row.format as ImageFormat,
    width: row.width,
    height: row.height,
    frames: row.frames,
    pdq: row.pdq_transforms?.toString("hex", 0, HASH_DIGITS / 2) ?? null,
    pdqQuality: row.pdq_quality,
    blockhash: row.blockhash?.toString("hex") ?? null,
    detail: row.detail,
    detailCause: row.detail_cause,
    looks: looksOfRow(row),
    neural:
      row.neural === null || row.neural_version === null
        ? null
        : neuralHashOf(row.neural_version, row.neural.toString("hex")),
    fingerprintVersion: row.fingerprint_version,
    model: row.model,
    scores: row.scores,
    scoresFrom: row.scores_from === null ? null : BigInt(row.scores_from),
    timesSeen: Number(row.times_seen),
    firstSeenAt: row.first_seen_at,
  };
}
