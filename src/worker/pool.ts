import { setTimeout } from "node:timers/promises";
import { AppError } from "../errors.ts";
import { createHeldImage, createUnheldImage, type HeldImage } from "./held-image.ts";
import type { ClassifyJob, FingerprintJob, Holder, Job } from "./job.ts";
import { createJobLedger, type LedgerEntry } from "./job-ledger.ts";
import { createJobQueue } from "./job-queue.ts";
import { internal, lossError, shuttingDown, tooManyBytes } from "./pool-errors.ts";
import {
  LEAST_RUN_SHARE,
  POOL_DEFAULTS,
  type RestartReason,
  sizePool,
  type WorkerPoolOptions,
} from "./pool-options.ts";
import type { PoolWorker } from "./pool-worker.ts";
import type { Classified, ImageReport, ModelFacts } from "./protocol.ts";
import { readResidentBytes } from "./resident-memory.ts";
import { createStartOutcome } from "./start-outcome.ts";
import { IMAGE_WORKER } from "./worker-command.ts";
import { createWorkerCrew } from "./worker-crew.ts";

export type { HeldImage } from "./held-image.ts";
export type { JobEvent, RestartReason, WorkerLogger, WorkerPoolHooks, WorkerPoolOptions } from "./pool-options.ts";

export interface WorkerPoolStats {
  /** Jobs that wait for a worker, and the sum of their images' bytes. */
  readonly queued: number;
  readonly queuedBytes: number;
  /** Workers with a job. */
  readonly busy: number;
  /** Workers that are ready, busy ones included. */
  readonly ready: number;
  /** Images held for a classify. */
  readonly held: number;
  /** Workers replaced since the start. */
  readonly restarts: Readonly<Record<RestartReason, number>>;
  /** Process ids of the workers that are ready. */
  readonly pids: readonly number[];
}

export interface WorkerPool {
  /** Resolves when the first worker is ready; rejects with an Error that says why none can start. */
  ready(): Promise<void>;
  /** The model the workers have loaded. Throws an Error before `ready`. */
  readonly model: ModelFacts;
  /**
   * Decode and hash one image in a worker. With `hold` the worker keeps what `classify` needs for a while; call
   * `classify` or `release`. `bytes` must not change until the promise settles, and with `hold` until classify or
   * release.
   *
   * Rejects with an AppError: what the decoder found wrong with the image; image_too_many_bytes; image_too_slow and
   * image_crashed_decoder where the worker had to be killed or died; overloaded, with retryAfterSeconds, where too
   * much is waiting; shutting_down after `close`; internal.
   */
  fingerprint(bytes: Uint8Array, options: { readonly hold: boolean }): Promise<HeldImage>;
  /**
   * To be asked before anything is done for a new image, so that refusing it costs next to nothing.
   * @throws AppError overloaded, with retryAfterSeconds, where an image of so many bytes can't wait, or would wait longer than
   * `maxExpectedWaitMs`
   */
  requireRoom(bytes: number): void;
  stats(): WorkerPoolStats;
  /** Take no new images, let the accepted ones finish for `drainMs`, then stop the workers and wait until they are gone. */
  close(): Promise<void>;
}

/** Workers a job is sent to before it is given up, where they die without having begun it. */
const MAX_ATTEMPTS = 3;

/** Start the worker processes and share the images out to them, first come, first served. */
export function createWorkerPool(options: WorkerPoolOptions): WorkerPool {
  const { logger, hooks = {} } = options;
  const { workers, maxQueue } = sizePool(options);
  const limits = { ...POOL_DEFAULTS, ...options };
  const residentBytes = options.readResidentBytes ?? readResidentBytes;
  const ledger = createJobLedger((event) => hooks.onJob?.(event));
  const start = createStartOutcome();
  let nextId = 1;
  let closing: Promise<void> | null = null;
  let isClosed = false;

  const queue = createJobQueue(
    {
      maxJobs: maxQueue,
      maxBytes: limits.maxQueuedBytes,
      maxWaitMs: limits.maxWaitMs,
      minRunMs: limits.deadlineMs * LEAST_RUN_SHARE,
    },
    (job) => job.fail(overloaded("Expected a decoder to become free in time")),
  );
  const crew = createWorkerCrew({
    settings: {
      script: options.workerScript ?? IMAGE_WORKER,
      options: {
        modelPath: options.modelPath,
        maxImageBytes: limits.maxImageBytes,
        reportMemory: residentBytes(process.pid) === null,
      },
      limits,
      leaseLimits: {
        maxCount: limits.maxHeldPerWorker,
        maxBytes: limits.maxHeldBytesPerWorker,
        holdMs: limits.holdMs,
      },
      readResidentBytes: residentBytes,
      logger,
    },
    workers,
    maxJobsPerWorker: limits.maxJobsPerWorker,
    logger,
    hooks,
    onReady: start.succeed,
    onHopeless(error) {
      start.fail(error);
      failQueued(internal(error));
    },
    onFree: feed,
    onStray: requeue,
    onLost(loss) {
      const { job } = loss;
      if (job !== null && (loss.started || job.attempts >= MAX_ATTEMPTS)) job.fail(lossError(loss.reason, limits));
      else if (job !== null) requeue(job);
      for (const claim of loss.waiting.toReversed()) requeue(claim);
    },
  });

  function feed(worker: PoolWorker): void {
    const job = worker.nextClaim() ?? (worker.phase === "draining" ? undefined : queue.shift());
    if (job !== undefined) worker.run(job);
  }

  function feedIdle(): void {
    for (const worker of crew.ready()) if (worker.state === "idle") feed(worker);
  }

  /** For a job that was accepted once: it goes first, and a classify takes its bytes along. */
  function requeue(job: Job): void {
    if (job.type === "classify") job.held = false;
    queue.putFirst(job);
    feedIdle();
  }

  function failQueued(error: AppError): void {
    for (let job = queue.shift(); job !== undefined; job = queue.shift()) job.fail(error);
  }

  /** Until a worker would begin an image that came now. */
  function expectedWaitMs(): number {
    return (queue.length * ledger.imageMs) / workers;
  }

  function overloaded(message: string): AppError {
    hooks.onOverload?.();
    const seconds = Math.ceil(expectedWaitMs() / 1000);
    return new AppError("overloaded", message, { retryAfterSeconds: Math.max(1, seconds) });
  }

  /** Run or queue a job that nothing was promised for yet. */
  function submit(job: FingerprintJob): void {
    const idle = queue.length === 0 ? crew.ready().find(isFree) : undefined;
    if (idle !== undefined) idle.run(job);
    else if (!queue.push(job)) job.fail(overloaded("Expected fewer images to be waiting than there are now"));
  }

  function fingerprint(bytes: Uint8Array, { hold }: { readonly hold: boolean }): Promise<HeldImage> {
    return new Promise((resolve, reject) => {
      if (bytes.byteLength > limits.maxImageBytes) throw tooManyBytes(bytes.byteLength, limits.maxImageBytes);
      if (closing !== null) throw shuttingDown();
      if (start.error !== null) throw internal(start.error);
      const id = nextId++;
      const dueAtMs = performance.now() + limits.deadlineMs;
      const base = ledger.open("fingerprint", { id, bytes, dueAtMs }, reject);
      submit(
        Object.assign(base, {
          type: "fingerprint" as const,
          hold,
          succeed(report: ImageReport, holder: Holder) {
            base.settle("ok");
            if (!hold) return resolve(createUnheldImage(report));
            const classifyHeld = (image: Uint8Array) => classify({ id, bytes: image, dueAtMs }, holder);
            resolve(createHeldImage(report, bytes, classifyHeld, () => holder.drop(id)));
          },
        }),
      );
    });
  }

  function classify(what: LedgerEntry, holder: Holder): Promise<Classified> {
    return new Promise((resolve, reject) => {
      if (isClosed) throw shuttingDown();
      const base = ledger.open("classify", what, reject);
      const job: ClassifyJob = Object.assign(base, {
        type: "classify" as const,
        held: false,
        succeed(classified: Classified) {
          base.settle("ok");
          resolve(classified);
        },
      });
      if (!holder.claim(job)) requeue(job);
    });
  }

  async function drainAndStop(): Promise<void> {
    const timeout = new AbortController();
    const tooLate = setTimeout(limits.drainMs, undefined, { signal: timeout.signal }).catch(() => {});
    await Promise.race([ledger.whenEmpty(), tooLate]);
    timeout.abort();
    isClosed = true;
    start.fail(new Error("The worker pool was closed before it was ready"));
    const gone = crew.stop((jobs) => {
      for (const job of jobs) job.fail(shuttingDown());
    });
    failQueued(shuttingDown());
    await gone;
  }

  return {
    ready: () => start.done,
    get model() {
      if (crew.model === null) throw new Error("Expected the worker pool to be ready");
      return crew.model;
    },
    fingerprint,
    requireRoom(bytes) {
      if (queue.hasRoom(bytes) && expectedWaitMs() <= limits.maxExpectedWaitMs) return;
      throw overloaded("Expected fewer images to be waiting than there are now");
    },
    stats() {
      const ready = crew.ready();
      return {
        queued: queue.length,
        queuedBytes: queue.bytes,
        busy: ready.filter((worker) => worker.state === "busy").length,
        ready: ready.length,
        held: ready.reduce((sum, worker) => sum + worker.heldCount, 0),
        restarts: { ...crew.restarts },
        pids: ready.flatMap((worker) => worker.pid ?? []),
      };
    },
    close() {
      closing ??= drainAndStop();
      return closing;
    },
  };
}

function isFree(worker: PoolWorker): boolean {
  return worker.state === "idle" && worker.phase !== "draining";
}
