/** At most so often, in ms, is progress told. */
const PROGRESS_MS = 1_000;

/** Tells progress on standard error, a line at most every second. */
export function progressOf<Progress>(describe: (progress: Progress) => string): (progress: Progress) => void {
  let lastMs = performance.now();
  return (progress) => {
    const nowMs = performance.now();
    if (nowMs - lastMs < PROGRESS_MS) return;
    lastMs = nowMs;
    process.stderr.write(`${describe(progress)}\n`);
  };
}
