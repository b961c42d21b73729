import { setTimeout as delay } from "node:timers/promises";
import { forgetOldAnswers } from "../db/idempotent-requests.ts";
import { forgetLapsedClaims } from "../db/image-claims.ts";
import { createChangePruning } from "../db/prune-changes.ts";
import { forgetRestoredAllowances, refundAbandonedUnits } from "../db/quota-reservations.ts";
import { clearExpiredUploads, forgetOldUploads } from "../db/uploads.ts";
import type { AppContext } from "./context.ts";
import { createStaleEntryWatch } from "./watch-stale-entries.ts";

const FLUSH_MS = 5_000;
const SWEEP_MS = 60_000;
const STALE_MS = 600_000;
/** What runs at the end has this long; after that the database cuts it off, and the next start does it again. */
const LAST_WORDS_MS = 1_000;

/**
 * What runs beside the requests: usage counts are written every few seconds; units reserved by processes that died are
 * given back, and what has had its time (kept answers, lapsed claims, restored allowances, uploads, logged changes) removed, every minute; entries with
 * hashes of another version are counted at the start, and every ten minutes while there are some. A database that is away is tried again next time.
 */
export function keepHouse(ctx: AppContext): { stop(): Promise<void> } {
  const changes = createChangePruning();
  const flush = () => ctx.lookUpCounts.flush(ctx.db);
  const sweep = async () => {
    const db = ctx.db.patient;
    const refunded = await refundAbandonedUnits(db);
    if (refunded > 0)
      ctx.logger.warn({ reservations: refunded }, "Units reserved by processes that died were given back");
    await forgetOldAnswers(db);
    await forgetLapsedClaims(db);
    await forgetRestoredAllowances(db);
    await clearExpiredUploads(db);
    await forgetOldUploads(db);
    await changes.prune(db);
  };
  const staleEntries = createStaleEntryWatch();
  const countStale = () => staleEntries.look(ctx);
  const underWay = new Map<() => Promise<void>, Promise<void>>();
  /** Work that takes longer than its turn comes isn't begun a second time. */
  function run(work: () => Promise<void>): void {
    if (underWay.has(work)) return;
    const running = work()
      .catch((error: unknown) => ctx.logger.warn({ err: error }, "Housekeeping will be tried again"))
      .finally(() => underWay.delete(work));
    underWay.set(work, running);
  }
  const timers = [
    setInterval(run, FLUSH_MS, flush),
    setInterval(run, SWEEP_MS, sweep),
    setInterval(run, STALE_MS, countStale),
  ];
  for (const timer of timers) timer.unref();
  run(sweep);
  run(countStale);
  return {
    async stop() {
      for (const timer of timers) clearInterval(timer);
      await Promise.race([Promise.all(underWay.values()), delay(LAST_WORDS_MS, undefined, { ref: false })]);
      await flush().catch((error: unknown) =>
        ctx.logger.warn({ err: error }, "The last usage counts were not written"),
      );
    },
  };
}
