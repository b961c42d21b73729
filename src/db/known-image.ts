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

export interface ImageJson {
  id: string;
  sha256: string;
  sha1: string;
  md5: string;
  byte_length: number;
  format: string;
  width: number;
  height: number;
  frames: number;
  pdq_transforms: string | null;
  pdq_quality: number;
  blockhash: string | null;
  detail: Detail;
  fingerprint_version: number;
  model: string | null;
  scores: Record<string, number> | null;
  scores_from: string | null;
  times_seen: number;
  first_seen_at: string;
}

/** One `image` row as JSON; 64-bit ids as text, hashes as hex. */
export const IMAGE_JSON = `json_build_object('id', image.id::text, 'sha256', encode(image.sha256, 'hex'),
      'sha1', encode(image.sha1, 'hex'), 'md5', encode(image.md5, 'hex'), 'byte_length', image.byte_length,
      'format', image.format, 'width', image.width, 'height', image.height, 'frames', image.frames,
      'pdq_transforms', encode(image.pdq_transforms, 'hex'), 'pdq_quality', image.pdq_quality,
      'blockhash', encode(image.blockhash, 'hex'), 'detail', image.detail,
      'fingerprint_version', image.fingerprint_version, 'model', image.model, 'scores', image.scores,
      'scores_from', image.scores_from::text, 'times_seen', image.times_seen, 'first_seen_at', image.first_seen_at)`;

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

export function parseImage(json: ImageJson): KnownImage {
  return {
    id: BigInt(json.id),
    digests: { sha256: json.sha256, sha1: json.sha1, md5: json.md5 },
    byteLength: json.byte_length,
    format: json.format as ImageFormat,
    width: json.width,
    height: json.height,
    frames: json.frames,
    pdqTransforms: json.pdq_transforms === null ? null : splitTransforms(json.pdq_transforms),
    pdqQuality: json.pdq_quality,
    blockhash: json.blockhash,
    detail: json.detail,
    fingerprintVersion: json.fingerprint_version,
    model: json.model,
    scores: json.scores,
    scoresFrom: json.scores_from === null ? null : BigInt(json.scores_from),
    timesSeen: json.times_seen,
    firstSeenAt: new Date(json.first_seen_at),
  };
}
