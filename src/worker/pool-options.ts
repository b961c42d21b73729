import { availableParallelism } from "node:os";
import type { ErrorCode } from "../errors.ts";

/** The part of a pino logger that is used here. */
export interface WorkerLogger {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** Why a worker process was replaced; `start` is a worker that never became ready. */
export const RESTART_REASONS = ["crashed", "deadline", "memory", "protocol", "recycled", "start"] as const;
export type RestartReason = (typeof RESTART_REASONS)[number];

export interface JobEvent {
  readonly type: "fingerprint" | "classify";
  /** `ok`, or the code the job failed with. */
  readonly outcome: "ok" | ErrorCode;
  /** From the call to the first byte sent to a worker. */
  readonly waitMs: number;
  /** From then to the answer. */
  readonly runMs: number;
}

/** Called as things happen, for metrics; must not throw. */
export interface WorkerPoolHooks {
  onJob?(event: JobEvent): void;
  onRestart?(reason: RestartReason): void;
  /** An image was refused because too many wait. */
  onOverload?(): void;
}

export interface WorkerPoolOptions {
  /** Absolute path of the ONNX file. */
  readonly modelPath: string;
  readonly logger: WorkerLogger;
  readonly hooks?: WorkerPoolHooks;
  /** Number of worker processes; by default one per core. */
  readonly workers?: number;
  /** Longest from an image's arrival to its answer, waiting included; a worker that is still at it then is killed. */
  readonly deadlineMs?: number;
  /** Resident memory of a worker above which it is killed. */
  readonly maxResidentBytes?: number;
  /** Largest image, in bytes. */
  readonly maxImageBytes?: number;
  /** Fingerprint jobs that may wait for a worker; by default 32 per worker. */
  readonly maxQueue?: number;
  /** Sum of the bytes of the images that may wait. */
  readonly maxQueuedBytes?: number;
  /** Longest that `requireRoom` lets a new image expect to wait. */
  readonly maxExpectedWaitMs?: number;
  /** Longest a job may wait for a worker; at most what leaves it a quarter of `deadlineMs`. */
  readonly maxWaitMs?: number;
  /** Jobs after which a worker is replaced, so that a slow leak never adds up. */
  readonly maxJobsPerWorker?: number;
  /** Images held for a later classify, per worker; the oldest goes first. */
  readonly maxHeldPerWorker?: number;
  /** Memory of the images held, per worker. */
  readonly maxHeldBytesPerWorker?: number;
  /** How long a held image stays in its worker. */
  readonly holdMs?: number;
  /** How long `close` waits for accepted jobs. */
  readonly drainMs?: number;
  /** How often the memory of a working process is looked at. */
  readonly memoryPollMs?: number;
  /** Resident bytes of a process, or null where it can't be read from outside; then the workers tell themselves. */
  readonly readResidentBytes?: (pid: number) => number | null;
  /** The workers' entry module; another one only in tests. */
  readonly workerScript?: URL;
}

const MEBIBYTE = 1024 * 1024;

/** Defaults of everything that has one, except what follows from the number of workers. */
export const POOL_DEFAULTS = {
  // Of the 10 s in which a caller has an answer, whatever the image: the rest is for the body and the database.
  deadlineMs: 9_500,
  maxResidentBytes: 512 * MEBIBYTE,
  maxImageBytes: 20 * MEBIBYTE,
  maxQueuedBytes: 256 * MEBIBYTE,
  maxExpectedWaitMs: 3_000,
  maxWaitMs: 7_000,
  maxJobsPerWorker: 5_000,
  maxHeldPerWorker: 16,
  maxHeldBytesPerWorker: 48 * MEBIBYTE,
  holdMs: 30_000,
  drainMs: 8_000,
  memoryPollMs: 10,
} as const;

/** Part of the deadline that any job has for its work, however long it waited. */
export const LEAST_RUN_SHARE = 1 / 4;

const QUEUE_PER_WORKER = 32;

/** Number of workers and queue length where the options leave them open. */
export function sizePool(options: Pick<WorkerPoolOptions, "workers" | "maxQueue">): {
  workers: number;
  maxQueue: number;
} {
  const workers = options.workers ?? availableParallelism();
  return { workers, maxQueue: options.maxQueue ?? workers * QUEUE_PER_WORKER };
}
