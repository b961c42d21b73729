import type { AppError } from "../errors.ts";
import type { Classified, ImageReport, WorkerRequest } from "./protocol.ts";

export interface JobBase {
  /** The image's number; a classify has that of the fingerprint before it. */
  readonly id: number;
  readonly bytes: Uint8Array;
  /** performance.now() by which the caller is to have an answer. */
  readonly dueAtMs: number;
  /** performance.now() when it was last sent to a worker; null before. */
  sentAtMs: number | null;
  /** Workers it was sent to. */
  attempts: number;
  fail(error: AppError): void;
}

/** The worker an image was fingerprinted in, as far as that image's later classify is concerned. */
export interface Holder {
  /** Queue a classify here, ahead of other work; false, and not queued, where the image is no longer held. */
  claim(job: ClassifyJob): boolean;
  /** Free the image with this number. */
  drop(id: number): void;
}

export interface FingerprintJob extends JobBase {
  readonly type: "fingerprint";
  readonly hold: boolean;
  succeed(report: ImageReport, holder: Holder): void;
}

export interface ClassifyJob extends JobBase {
  readonly type: "classify";
  /** Whether the worker it waits for holds the image; false sends the bytes again. */
  held: boolean;
  succeed(classified: Classified): void;
}

export type Job = FingerprintJob | ClassifyJob;

/** The frame that asks a worker for `job`: its header and its body. */
export function requestOf(job: Job): [WorkerRequest, Uint8Array | undefined] {
  if (job.type === "fingerprint") return [{ type: "fingerprint", job: job.id, hold: job.hold }, job.bytes];
  return [{ type: "classify", job: job.id, held: job.held }, job.held ? undefined : job.bytes];
}
