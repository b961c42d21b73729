import { forgetOldAnswers } from "../db/idempotent-requests.ts";
import { forgetLapsedClaims } from "../db/image-claims.ts";
import { forgetRestoredAllowances, refundAbandonedUnits } from "../db/quota-reservations.ts";
import type { AppContext } from "./context.ts";

const FLUSH_MS = 5_000;
const SWEEP_MS = 60_000;

/**
 * What runs beside the requests: usage counts are written every few seconds; units reserved by processes that died are
 * given back, and what has had its time (kept answers, lapsed claims, restored allowances) removed, every minute. A database that is away is tried again next time.
 */
export function keepHouse(ctx: AppContext): { stop(): Promise<void> } {
  const flush = () => ctx.lookUpCounts.flush(ctx.db);
  const sweep = async () => {
    const refunded = await refundAbandonedUnits(ctx.db);
    if (refunded > 0)
      ctx.logger.warn({ reservations: refunded }, "Units reserved by processes that died were given back");
    await forgetOldAnswers(ctx.db);
    await forgetLapsedClaims(ctx.db);
    await forgetRestoredAllowances(ctx.db);
  };
  const timers = [every(ctx, FLUSH_MS, flush), every(ctx, SWEEP_MS, sweep)];
  run(ctx, sweep);
  return {
    async stop() {
      for (const timer of timers) clearInterval(timer);
      await flush().catch((error: unknown) =>
        ctx.logger.warn({ err: error }, "The last usage counts were not written"),
      );
    },
  };
}

function every(ctx: AppContext, periodMs: number, work: () => Promise<void>): NodeJS.Timeout {
  const timer = setInterval(() => run(ctx, work), periodMs);
  timer.unref();
  return timer;
}

function run(ctx: AppContext, work: () => Promise<void>): void {
  work().catch((error: unknown) => ctx.logger.warn({ err: error }, "Housekeeping will be tried again"));
}
