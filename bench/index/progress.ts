const started = performance.now();

/** A line of progress on standard error, so that standard output holds the results alone. */
export function progress(text: string): void {
  console.error(`[${((performance.now() - started) / 1000).toFixed(0).padStart(4)} s] ${text}`);
}

/** Does some work, tells what it was and how long it took; answers its result and the seconds. */
export async function timed<T>(what: string, work: () => Promise<T>): Promise<{ result: T; seconds: number }> {
  const start = performance.now();
  const result = await work();
  const seconds = (performance.now() - start) / 1000;
  progress(`${what}: ${seconds.toFixed(1)} s`);
  return { result, seconds };
}
