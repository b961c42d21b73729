import type { AppError } from "../errors.ts";
import type { JobBase } from "./job.ts";
import type { JobEvent } from "./pool-options.ts";

/** Weight of the newest job in the moving average. */
const NEWEST = 1 / 16;
const FIRST_GUESS_MS = 100;

export interface LedgerJob extends JobBase {
  /** To be called once, where the job succeeded; `fail` includes it. */
  settle(outcome: "ok"): void;
}

export type LedgerEntry = Pick<JobBase, "id" | "bytes" | "dueAtMs">;

export interface JobLedger {
  /** Moving average of the time jobs take in their worker. */
  readonly averageRunMs: number;
  /** What an image takes of a worker in all, its classify included where images have one; from the same average. */
  readonly imageMs: number;
  /** What every job is made of; the ledger counts it as open until `settle` or `fail`. */
  open(type: JobEvent["type"], what: LedgerEntry, onFailed: (error: AppError) => void): LedgerJob;
  /** Resolves as soon as no job is open. */
  whenEmpty(): Promise<void>;
}

/** Count the jobs that were accepted and not answered yet, and report each one's end with its times. */
export function createJobLedger(onJob: (event: JobEvent) => void): JobLedger {
  let openJobs = 0;
  let averageRunMs = FIRST_GUESS_MS;
  /** Of the jobs averaged, those that begin an image. */
  let fingerprintShare = 1;
  const waiters = new Set<() => void>();

  return {
    get averageRunMs() {
      return averageRunMs;
    },
    get imageMs() {
      return averageRunMs / Math.max(fingerprintShare, NEWEST);
    },
    open(type, what, onFailed) {
      openJobs += 1;
      const calledAtMs = performance.now();

      function settle(outcome: JobEvent["outcome"]): void {
        const endMs = performance.now();
        const { sentAtMs } = job;
        if (sentAtMs !== null) {
          averageRunMs += (endMs - sentAtMs - averageRunMs) * NEWEST;
          fingerprintShare += ((type === "fingerprint" ? 1 : 0) - fingerprintShare) * NEWEST;
        }
        openJobs -= 1;
        onJob({
          type,
          outcome,
          waitMs: (sentAtMs ?? endMs) - calledAtMs,
          runMs: sentAtMs === null ? 0 : endMs - sentAtMs,
        });
        if (openJobs === 0) for (const resolve of waiters) resolve();
      }
      const job: LedgerJob = {
        ...what,
        sentAtMs: null,
        attempts: 0,
        settle,
        fail(error) {
          settle(error.code);
          onFailed(error);
        },
      };
      return job;
    },
    async whenEmpty() {
      if (openJobs > 0) await new Promise<void>((resolve) => waiters.add(resolve));
    },
  };
}
