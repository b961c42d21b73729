import type { Logger } from "pino";

/** How often the log tells of refusals, in milliseconds; a line for each would be a load of its own. */
const TELL_EVERY_MS = 10_000;

const told = new WeakMap<object, { untold: number; atMs: number }>();

/** Tells the log that requests are refused because there are too many, at most every 10 seconds and with their number. */
export function tellOverload(log: Pick<Logger, "warn">, reason: string): void {
  const last = told.get(log) ?? { untold: 0, atMs: Number.NEGATIVE_INFINITY };
  last.untold += 1;
  told.set(log, last);
  const nowMs = performance.now();
  if (nowMs - last.atMs < TELL_EVERY_MS) return;
  log.warn({ refused: last.untold, reason }, "The service is at its limit and refuses requests");
  last.untold = 0;
  last.atMs = nowMs;
}
