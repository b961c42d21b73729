import type { MatchTransform, Transform } from "./transform.ts";

/** The perceptual hashes a fingerprint carries; each is 256 bits, written as 64 lower-case hex digits. */
export const PERCEPTUAL_KINDS = ["pdq", "blockhash"] as const;
export type PerceptualKind = (typeof PERCEPTUAL_KINDS)[number];

/** Hashes that entries are found by their distance from; `neural` needs the classifier, and a picture. 256 bits each. */
export const SEARCHED_KINDS = [...PERCEPTUAL_KINDS, "neural"] as const;
export type SearchedKind = (typeof SEARCHED_KINDS)[number];

/** The digests of the bytes exactly as they were received. */
export const EXACT_KINDS = ["sha1", "sha256", "md5"] as const;
export type ExactKind = (typeof EXACT_KINDS)[number];

export type HashKind = ExactKind | PerceptualKind;

/** Length of each hash in bits. */
export const HASH_BITS: Record<HashKind, number> = {
  sha1: 160,
  sha256: 256,
  md5: 128,
  pdq: 256,
  blockhash: 256,
};

/** Decoded picture: 8-bit sRGB, three interleaved channels, rows top to bottom, no padding. */
export interface Pixels {
  readonly data: Uint8Array;
  readonly width: number;
  readonly height: number;
}

/** One way a picture may look to be searched by: as it is or trimmed, in one of its symmetries. */
export interface Look {
  readonly transform: MatchTransform;
  /** 64 hex digits each; at least one is known. */
  readonly pdq: string | null;
  readonly blockhash: string | null;
}

/** Whether a picture has enough detail for its perceptual hashes to mean anything. */
export type Detail = "sufficient" | "insufficient";

/** What a picture of insufficient detail lacks, with a sentence for people. */
export const DETAIL_CAUSES = {
  too_small: "it is smaller than 16 pixels on a side",
  little_texture: "most of it is blank, evenly coloured or a smooth gradient",
  unsteady_bits: "it is so even that most bits of its hashes are left to noise",
  few_patterns: "it is made of a few large shapes or of one repeated pattern, as many other pictures are",
  common_hash: "its hash is one that many flat pictures share",
} as const;
export type DetailCause = keyof typeof DETAIL_CAUSES;

/** A picture, whole or trimmed of its borders, in each of its symmetries: 64 hex digits each. */
export interface Variant {
  readonly trimmed: boolean;
  readonly pdq: Readonly<Record<Transform, string>>;
  readonly blockhash: Readonly<Record<Transform, string>>;
}

/** What the decoded pixels say; made in a worker process. */
export interface PerceptualFingerprint {
  /** Of the whole picture, 64 hex digits; null where it is too small to hash (a side below 5 pixels). */
  readonly pdq: string | null;
  /** 0..100; PDQ's own detail measure, of the whole picture. */
  readonly pdqQuality: number;
  /** Of the whole picture, 64 hex digits; null where it is too small to hash (a side below 16 pixels). */
  readonly blockhash: string | null;
  /** What the picture is searched by: whole, trimmed where that cuts something off, each only with sufficient detail. */
  readonly variants: readonly Variant[];
  /** `insufficient` where there is no variant to search by. */
  readonly detail: Detail;
  /** What the whole picture lacks; null where it is searched by. */
  readonly detailCause: DetailCause | null;
}

/** Digests of the received bytes, lower-case hex. */
export interface Digests {
  readonly sha1: string;
  readonly sha256: string;
  readonly md5: string;
}

/** Formats that are decoded. */
export const IMAGE_FORMATS = ["jpeg", "png", "webp", "gif", "avif", "heif"] as const;
export type ImageFormat = (typeof IMAGE_FORMATS)[number];
