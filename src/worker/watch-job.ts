export interface JobLimits {
  readonly deadlineMs: number;
  readonly maxResidentBytes: number;
  readonly memoryPollMs: number;
}

/**
 * Watch a worker while it runs one job: calls `onBreach` at most once, when `deadlineMs` has passed or when
 * `residentBytes()` was above the cap at a poll. A worker can outgrow the cap between two polls: the kernel gives no way
 * to bound resident memory from an unprivileged parent, only that which is mapped (worker-command.ts). Returns a function
 * that ends the watch.
 */
export function watchJob(
  limits: JobLimits,
  residentBytes: () => number | null,
  onBreach: (reason: "deadline" | "memory") => void,
): () => void {
  const deadline = setTimeout(() => breach("deadline"), limits.deadlineMs);
  const poll = setInterval(() => {
    if ((residentBytes() ?? 0) > limits.maxResidentBytes) breach("memory");
  }, limits.memoryPollMs);

  function stop(): void {
    clearTimeout(deadline);
    clearInterval(poll);
  }
  function breach(reason: "deadline" | "memory"): void {
    stop();
    onBreach(reason);
  }
  return stop;
}
