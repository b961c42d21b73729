import type { ErrorCode } from "../errors.ts";
import type { PerceptualFingerprint } from "../fingerprint/fingerprint.ts";
import type { Transform } from "../fingerprint/transform.ts";

/** What a worker found in the bytes of one image. */
export interface ImageReport extends PerceptualFingerprint {
  /** PDQ of the picture under each symmetry, 64 hex digits each; null where `pdq` is null. */
  readonly pdqTransforms: Readonly<Record<Transform, string>> | null;
  /** Pixels after EXIF orientation. */
  readonly width: number;
  readonly height: number;
  readonly format: ImageFormat;
  /** Frames in the file; only the first is hashed and classified. */
  readonly frames: number;
}

export type ImageFormat = "jpeg" | "png" | "webp" | "gif" | "avif" | "heif";

/** Probability per label, 0..1, in the model's own order of labels. */
export type Scores = Readonly<Record<string, number>>;

/** Parent to worker. `fingerprint` frames carry the image's bytes as their body. */
export type WorkerRequest =
  /** Decode and hash. With `hold`, keep what a later `classify` needs until `classify` or `release`. */
  | { readonly type: "fingerprint"; readonly job: number; readonly hold: boolean }
  | { readonly type: "classify"; readonly job: number }
  | { readonly type: "release"; readonly job: number };

/** Worker to parent. */
export type WorkerResponse =
  | { readonly type: "ready" }
  | { readonly type: "fingerprinted"; readonly job: number; readonly report: ImageReport }
  | { readonly type: "classified"; readonly job: number; readonly scores: Scores }
  | { readonly type: "failed"; readonly job: number; readonly code: ErrorCode; readonly message: string };
