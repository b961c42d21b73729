import type { Job } from "./job.ts";

export interface JobQueueLimits {
  readonly maxJobs: number;
  /** Sum of the images' bytes. */
  readonly maxBytes: number;
  /** Longest a job waits before `onExpired` gets it. */
  readonly maxWaitMs: number;
  /** What of the time until its answer is due has to be left for the work on a job. */
  readonly minRunMs: number;
}

export interface JobQueue {
  readonly length: number;
  readonly bytes: number;
  hasRoom(bytes: number): boolean;
  /** Last in line; false, and not taken, where the queue is full. */
  push(job: Job): boolean;
  /** First in line, whatever the limits: for work that was accepted before. */
  putFirst(job: Job): void;
  shift(): Job | undefined;
}

/** First in, first out, bounded in number, in bytes and in waiting time. */
export function createJobQueue(limits: JobQueueLimits, onExpired: (job: Job) => void): JobQueue {
  let entries: { job: Job; timer: NodeJS.Timeout }[] = [];
  let bytes = 0;

  function entry(job: Job): { job: Job; timer: NodeJS.Timeout } {
    bytes += job.bytes.byteLength;
    const waitMs = Math.min(limits.maxWaitMs, job.dueAtMs - performance.now() - limits.minRunMs);
    const timer = setTimeout(() => {
      entries = entries.filter((other) => other.job !== job);
      bytes -= job.bytes.byteLength;
      onExpired(job);
    }, waitMs);
    return { job, timer };
  }

  function hasRoom(more: number): boolean {
    return entries.length < limits.maxJobs && bytes + more <= limits.maxBytes;
  }

  return {
    get length() {
      return entries.length;
    },
    get bytes() {
      return bytes;
    },
    hasRoom,
    push(job) {
      if (!hasRoom(job.bytes.byteLength)) return false;
      entries.push(entry(job));
      return true;
    },
    putFirst(job) {
      entries.unshift(entry(job));
    },
    shift() {
      const first = entries.shift();
      if (first === undefined) return undefined;
      clearTimeout(first.timer);
      bytes -= first.job.bytes.byteLength;
      return first.job;
    },
  };
}
