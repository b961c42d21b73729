import type { ClassifyJob, Job } from "./job.ts";
import { RESTART_REASONS, type RestartReason, type WorkerLogger, type WorkerPoolHooks } from "./pool-options.ts";
import { createPoolWorker, type PoolWorker, type PoolWorkerSettings, type WorkerLoss } from "./pool-worker.ts";
import type { ModelFacts } from "./protocol.ts";

/** Starts in a row that may fail, without the worker saying why, before the first one is ready. */
const MAX_FIRST_STARTS = 3;
const FIRST_BACK_OFF_MS = 100;
const LONGEST_BACK_OFF_MS = 30_000;

export interface WorkerCrewOptions {
  readonly settings: PoolWorkerSettings;
  readonly workers: number;
  readonly maxJobsPerWorker: number;
  readonly logger: WorkerLogger;
  readonly hooks: WorkerPoolHooks;
  onReady(model: ModelFacts): void;
  /** No worker could be started at all, and none will be. */
  onHopeless(error: Error): void;
  /** An idle worker; `worker.phase` says which work it may be given. */
  onFree(worker: PoolWorker): void;
  onLost(loss: WorkerLoss): void;
  /** A classify that waited too long for the worker that holds its image. */
  onStray(job: ClassifyJob): void;
}

export interface WorkerCrew {
  /** Null before the first worker is ready. */
  readonly model: ModelFacts | null;
  /** Workers that are ready, busy ones included. */
  ready(): PoolWorker[];
  readonly restarts: Readonly<Record<RestartReason, number>>;
  /** End every worker, start no other, and wait until they are gone; `onJobs` gets the jobs that were cut off. */
  stop(onJobs: (jobs: Job[]) => void): Promise<void>;
}

/** Keep the wanted number of workers running: replace those that are lost, and those that have done their share. */
export function createWorkerCrew(options: WorkerCrewOptions): WorkerCrew {
  const { logger, hooks } = options;
  const workers = new Set<PoolWorker>();
  const leaving = new Set<Promise<void>>();
  const restarts = Object.fromEntries(RESTART_REASONS.map((reason) => [reason, 0])) as Record<RestartReason, number>;
  let model: ModelFacts | null = null;
  let failedStarts = 0;
  let backOff: NodeJS.Timeout | null = null;
  let stopped = false;

  /** Bring the crew to its wanted size; one worker at a time is replaced for its age, after its replacement is ready. */
  function reconcile(): void {
    const staying = [...workers].filter((worker) => worker.phase !== "draining");
    const retiring = staying.filter((worker) => worker.phase === "retiring");
    const [oldest] = retiring;
    if (oldest !== undefined && staying.filter((worker) => worker.state !== "starting").length > options.workers) {
      oldest.phase = "draining";
      dismissDrained(oldest);
      reconcile();
      return;
    }
    if (stopped || backOff !== null) return;
    const wanted = options.workers + Math.min(retiring.length, 1);
    for (let count = staying.length; count < wanted; count++) start();
  }

  function start(): void {
    workers.add(createPoolWorker(options.settings, { onReady, onFree, onLost, onStray: options.onStray }));
  }

  function onReady(worker: PoolWorker, loaded: ModelFacts): void {
    if (model !== null && model.id !== loaded.id) {
      const detail = `it loaded ${loaded.id} where the others run ${model.id}: the model file was changed, restart`;
      worker.kill("start", detail);
      return;
    }
    const first = model === null;
    model = loaded;
    failedStarts = 0;
    logger.debug({ workerPid: worker.pid, model: model.id }, "image worker is ready");
    if (first) options.onReady(model);
    reconcile();
    onFree(worker);
  }

  function onFree(worker: PoolWorker): void {
    if (worker.phase === "serving" && worker.jobsDone >= options.maxJobsPerWorker) {
      worker.phase = "retiring";
      reconcile();
    }
    if (worker.state === "idle") options.onFree(worker);
    dismissDrained(worker);
  }

  function dismissDrained(worker: PoolWorker): void {
    if (worker.phase !== "draining" || worker.state !== "idle" || worker.heldCount > 0) return;
    worker.end();
    forget(worker);
    countRestart("recycled");
    logger.debug({ workerPid: worker.pid, jobs: worker.jobsDone }, "image worker was replaced after its share of jobs");
  }

  function onLost(worker: PoolWorker, loss: WorkerLoss): void {
    forget(worker);
    countRestart(loss.reason);
    logger.warn(
      { workerPid: worker.pid, reason: loss.reason, detail: loss.detail, jobs: worker.jobsDone },
      "image worker was lost",
    );
    if (loss.reason === "start") waitAfterFailedStart(loss);
    options.onLost(loss);
    reconcile();
  }

  function waitAfterFailedStart(loss: WorkerLoss): void {
    failedStarts += 1;
    if (model === null && (loss.explained || failedStarts >= MAX_FIRST_STARTS)) {
      dismissAll();
      options.onHopeless(new Error(`The image workers can't start: ${loss.detail}`));
      return;
    }
    if (backOff !== null) return;
    const delayMs = Math.min(FIRST_BACK_OFF_MS * 2 ** (failedStarts - 1), LONGEST_BACK_OFF_MS);
    backOff = setTimeout(() => {
      backOff = null;
      reconcile();
    }, delayMs);
  }

  /** For good; returns the jobs that were cut off. */
  function dismissAll(): Job[] {
    stopped = true;
    if (backOff !== null) clearTimeout(backOff);
    const jobs: Job[] = [];
    for (const worker of workers) {
      jobs.push(...worker.end());
      forget(worker);
    }
    return jobs;
  }

  function forget(worker: PoolWorker): void {
    workers.delete(worker);
    leaving.add(worker.gone);
    void worker.gone.then(() => leaving.delete(worker.gone));
  }

  function countRestart(reason: RestartReason): void {
    restarts[reason] += 1;
    hooks.onRestart?.(reason);
  }

  reconcile();
  return {
    get model() {
      return model;
    },
    ready: () => [...workers].filter((worker) => worker.state !== "starting"),
    restarts,
    async stop(onJobs) {
      onJobs(dismissAll());
      await Promise.all(leaving);
    },
  };
}
