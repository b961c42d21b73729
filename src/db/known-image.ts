import type { Detail, Digests, ImageFormat } from "../fingerprint/fingerprint.ts";
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
  /** PDQ under each symmetry, 64 hex digits; null where the picture is too small to hash. */
  readonly pdqTransforms: Readonly<Record<Transform, string>> | null;
  readonly pdqQuality: number;
  readonly blockhash: string | null;
  readonly detail: Detail;
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
  detail: Detail;
  fingerprint_version: number;
  model: string | null;
  scores: Scores | null;
  scores_from: string | null;
  times_seen: string;
  first_seen_at: Date;
}

export const IMAGE_COLUMNS = `image.id, image.sha256, image.sha1, image.md5, image.byte_length, image.format, image.width,
    image.height, image.frames, image.pdq_transforms, image.pdq_quality, image.blockhash, image.detail,
    image.fingerprint_version, image.model, image.scores, image.scores_from, image.times_seen, image.first_seen_at`;

const HASH_DIGITS = 64;

/** The eight hashes in the order of TRANSFORMS, as one hex text; how they are stored. */
export function joinTransforms(hashes: Readonly<Record<Transform, string>>): string {
  return TRANSFORMS.map((transform) => hashes[transform]).join("");
}

function splitTransforms(joined: string): Record<Transform, string> {
  return Object.fromEntries(
    TRANSFORMS.map((transform, index) => [transform, joined.slice(index * HASH_DIGITS, (index + 1) * HASH_DIGITS)]),
  ) as Record<Transform, string>;
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
    pdqTransforms: row.pdq_transforms === null ? null : splitTransforms(row.pdq_transforms.toString("hex")),
    pdqQuality: row.pdq_quality,
    blockhash: row.blockhash?.toString("hex") ?? null,
    detail: row.detail,
    fingerprintVersion: row.fingerprint_version,
    model: row.model,
    scores: row.scores,
    scoresFrom: row.scores_from === null ? null : BigInt(row.scores_from),
    timesSeen: Number(row.times_seen),
    firstSeenAt: row.first_seen_at,
  };
}
