import { AppError } from "../errors.ts";
import { createImageLeases, type ImageLeaseLimits } from "./image-leases.ts";
import { type ClassifyJob, type Holder, type Job, requestOf } from "./job.ts";
import { LEAST_RUN_SHARE, type RestartReason, type WorkerLogger } from "./pool-options.ts";
import type { ModelFacts, WorkerOptions, WorkerResponse } from "./protocol.ts";
import { type JobLimits, watchJob } from "./watch-job.ts";
import { startWorkerProcess, type WorkerProcess } from "./worker-process.ts";

/**
 * Longest a classify waits for the worker that holds its image, in milliseconds. Decoding again elsewhere takes less than what
 * an image that hangs the decoder would keep it waiting.
 */
const CLAIM_MS = 1_000;

/** Longest a worker may take to load its modules and the model. */
const START_MS = 60_000;

export interface PoolWorkerSettings {
  readonly script: URL;
  readonly options: WorkerOptions;
  readonly limits: JobLimits;
  readonly leaseLimits: ImageLeaseLimits;
  readonly readResidentBytes: (pid: number) => number | null;
  readonly logger: WorkerLogger;
}

/** A worker that is lost, and what it leaves behind. */
export interface WorkerLoss {
  readonly reason: RestartReason;
  /** For the log. */
  readonly detail: string;
  /** Whether the worker itself said why it can't start, so that trying again is of no use. */
  readonly explained: boolean;
  /** The job that was sent to it; null where it was idle. */
  readonly job: Job | null;
  /** Whether work on that job had begun: only then can the image be to blame. */
  readonly started: boolean;
  /** Classify jobs that waited for this worker. */
  readonly waiting: readonly Job[];
}

export interface PoolWorkerEvents {
  onReady(worker: PoolWorker, model: ModelFacts): void;
  /** The worker is idle and something changed: a job settled, a classify came for it, a held image was let go. */
  onFree(worker: PoolWorker): void;
  /** The worker takes no more jobs. Called at most once, and not after `end`. */
  onLost(worker: PoolWorker, loss: WorkerLoss): void;
  /** A classify that waited too long for this worker to be free; another one may take it. */
  onStray(job: ClassifyJob): void;
}

/** One worker process as the pool sees it: idle or with one job, and the images it holds. */
export interface PoolWorker extends Holder {
  readonly pid: number | undefined;
  readonly gone: Promise<void>;
  readonly state: "starting" | "idle" | "busy" | "over";
  readonly jobsDone: number;
  /** Images it holds, those that a waiting classify will use up included. */
  readonly heldCount: number;
  /** Set by the pool once the worker is to be replaced, and once its replacement is there. */
  phase: "serving" | "retiring" | "draining";
  /** The classify that has waited longest for this worker. */
  nextClaim(): ClassifyJob | undefined;
  /** Send an idle worker a job. */
  run(job: Job): void;
  residentBytes(): number | null;
  /** Let an idle worker go, or kill a busy one; onLost is not called. Returns the jobs that it had. */
  end(): Job[];
  kill(reason: RestartReason, detail: string): void;
}

/** Start a worker and keep the one job it runs within its limits. */
export function createPoolWorker(settings: PoolWorkerSettings, events: PoolWorkerEvents): PoolWorker {
  const { limits, logger } = settings;
  let state: PoolWorker["state"] = "starting";
  let current: Job | null = null;
  let started = false;
  let jobsDone = 0;
  let stopWatch = (): void => {};
  let reportedBytes: number | null = null;
  let unreadyReason: string | null = null;
  const claims: ClassifyJob[] = [];

  const child: WorkerProcess = startWorkerProcess(settings.script, settings.options, limits.maxResidentBytes, logger, {
    onResponse: (response) => {
      if (state !== "over") receive(response);
    },
    onProtocolError: (error) => lose("protocol", String(error)),
    onGone: (how) => lose(state === "starting" ? "start" : "crashed", unreadyReason ?? how),
  });
  const leases = createImageLeases(settings.leaseLimits, (job) => {
    child.send({ type: "release", job });
    if (state === "idle") events.onFree(worker);
  });
  const startTimer = setTimeout(() => lose("start", `not ready after ${START_MS} ms`), START_MS);

  function residentBytes(): number | null {
    return child.pid === undefined ? null : (settings.readResidentBytes(child.pid) ?? reportedBytes);
  }

  function receive(response: WorkerResponse): void {
    switch (response.type) {
      case "ready":
        if (state !== "starting") throw new Error("Expected ready once");
        clearTimeout(startTimer);
        state = "idle";
        events.onReady(worker, response.model);
        return;
      case "unready":
        unreadyReason = response.reason;
        return;
      case "memory":
        reportedBytes = response.residentBytes;
        return;
      case "started":
        expectJob(response.job);
        started = true;
        return;
      default:
        finish(response);
    }
  }

  function expectJob(id: number): Job {
    if (current === null || current.id !== id) throw new Error(`Expected an answer to job ${current?.id}, not ${id}`);
    return current;
  }

  function finish(response: Extract<WorkerResponse, { type: "fingerprinted" | "classified" | "failed" }>): void {
    const job = expectJob(response.job);
    if (response.type === "failed") {
      leaveJob();
      job.fail(new AppError(response.code, response.message, response.code === "internal" ? {} : { field: "image" }));
    } else if (response.type === "fingerprinted" && job.type === "fingerprint") {
      leaveJob();
      if (response.heldBytes > 0) leases.add(job.id, response.heldBytes);
      job.succeed(response.report, worker);
    } else if (response.type === "classified" && job.type === "classify") {
      leaveJob();
      job.succeed(response.classified);
    } else {
      throw new Error(`Expected an answer to ${job.type}, not ${response.type}`);
    }
    // A classify may have been called for, and begun, the moment the fingerprint was there.
    if (state === "idle") events.onFree(worker);
  }

  function leaveJob(): void {
    stopWatch();
    current = null;
    jobsDone += 1;
    state = "idle";
  }

  /** Becomes unusable, whether or not the process is gone already; returns the job it had. */
  function stop(): Job | null {
    const job = current;
    clearTimeout(startTimer);
    stopWatch();
    leases.clear();
    current = null;
    state = "over";
    return job;
  }

  function lose(reason: RestartReason, detail: string): void {
    if (state === "over") return;
    const lastStarted = started;
    const job = stop();
    child.kill();
    const explained = unreadyReason !== null;
    events.onLost(worker, { reason, detail, explained, job, started: lastStarted, waiting: claims.splice(0) });
  }

  function giveUpClaim(job: ClassifyJob): void {
    const place = claims.indexOf(job);
    if (place < 0) return;
    claims.splice(place, 1);
    child.send({ type: "release", job: job.id });
    events.onStray(job);
  }

  const worker: PoolWorker = {
    pid: child.pid,
    gone: child.gone,
    phase: "serving",
    get state() {
      return state;
    },
    get heldCount() {
      return leases.count + claims.length;
    },
    get jobsDone() {
      return jobsDone;
    },
    claim(job) {
      if (!leases.take(job.id)) return false;
      job.held = true;
      claims.push(job);
      setTimeout(giveUpClaim, CLAIM_MS, job).unref();
      if (state === "idle") events.onFree(worker);
      return true;
    },
    drop: leases.drop,
    nextClaim: () => claims.shift(),
    run(job) {
      current = job;
      started = false;
      state = "busy";
      job.attempts += 1;
      job.sentAtMs = performance.now();
      const leftMs = Math.max(job.dueAtMs - job.sentAtMs, limits.deadlineMs * LEAST_RUN_SHARE);
      stopWatch = watchJob({ ...limits, deadlineMs: leftMs }, residentBytes, (reason) => {
        lose(reason, `${residentBytes()} bytes resident, ${Math.round(leftMs)} ms allowed`);
      });
      child.send(...requestOf(job));
    },
    residentBytes,
    end() {
      const job = stop();
      if (job === null) child.end();
      else child.kill();
      return [...(job === null ? [] : [job]), ...claims.splice(0)];
    },
    kill: lose,
  };
  return worker;
}
