import type { ErrorCode } from "../errors.ts";
import { IMAGE_FORMATS, type ImageFormat, type PerceptualFingerprint } from "../fingerprint/fingerprint.ts";
import type { Scores } from "../scores.ts";

/** What a worker found in the bytes of one image. */
export interface ImageReport extends PerceptualFingerprint {
  /** Pixels after EXIF orientation. */
  readonly width: number;
  readonly height: number;
  readonly format: ImageFormat;
  /** Frames in the file; only the first is hashed and classified. */
  readonly frames: number;
}

export type { Scores };

/** What one run of the model says of a picture. */
export interface Classified {
  readonly scores: Scores;
  /** 256 numbers, 512 hex digits (fingerprint/neural.ts); null where the model has no map to them. */
  readonly neural: string | null;
}

export { IMAGE_FORMATS, type ImageFormat };

/** The classifier a worker loaded, as its sidecar describes it. */
export interface ModelFacts {
  /** `<name>@<version>`; scores of different ids are never mixed. */
  readonly id: string;
  readonly name: string;
  readonly version: string;
  /** Model and map behind its neural hashes: those of different versions are never compared. Null where it has no map. */
  readonly neuralVersion: string | null;
  /** In the order of the model's output. */
  readonly labels: readonly string[];
  /** Labels whose probabilities add up to "unsafe". */
  readonly unsafeLabels: readonly string[];
  /** Labels whose probabilities add up to "suggestive". */
  readonly suggestiveLabels: readonly string[];
}

/** What the parent tells a worker on its command line, as JSON. */
export interface WorkerOptions {
  /** Absolute path of the ONNX file; its sidecar lies beside it. */
  readonly modelPath: string;
  /** Largest body the worker takes, in bytes. */
  readonly maxImageBytes: number;
  /** True where the parent can't read the worker's resident memory, so that the worker has to tell. */
  readonly reportMemory: boolean;
}

/**
 * Parent to worker. A worker runs one job at a time; `job` names the image, so a `classify` has the number of the
 * `fingerprint` that held it. `fingerprint`, and `classify` with `held` false, carry the image's bytes as their body.
 */
export type WorkerRequest =
  /** Decode and hash. With `hold`, keep what a later `classify` needs until `classify` or `release`. */
  | { readonly type: "fingerprint"; readonly job: number; readonly hold: boolean }
  | { readonly type: "classify"; readonly job: number; readonly held: boolean }
  | { readonly type: "release"; readonly job: number };

/** Worker to parent; no frame has a body. */
export type WorkerResponse =
  /** The model is loaded; nothing is sent before it. */
  | { readonly type: "ready"; readonly model: ModelFacts }
  /** The worker can't start and is about to exit; `reason` is for the log. */
  | { readonly type: "unready"; readonly reason: string }
  /** The request is here whole and work on it begins. A worker lost before this is not the image's doing. */
  | { readonly type: "started"; readonly job: number }
  /** `heldBytes` is the memory kept for a later `classify`, 0 without `hold`. */
  | { readonly type: "fingerprinted"; readonly job: number; readonly report: ImageReport; readonly heldBytes: number }
  | { readonly type: "classified"; readonly job: number; readonly classified: Classified }
  | { readonly type: "failed"; readonly job: number; readonly code: ErrorCode; readonly message: string }
  /** Resident memory in bytes, sent on an interval where `reportMemory` asked for it. */
  | { readonly type: "memory"; readonly residentBytes: number };
