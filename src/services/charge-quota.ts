import { type Reservation, readQuota, refundUnits, reserveUnits } from "../db/quota-reservations.ts";
import type { QuotaState } from "../db/quota-state.ts";
import { AppError } from "../errors.ts";
import { quotaCaller, type RequestContext } from "./context.ts";
import { undoAfter } from "./leftovers.ts";

/**
 * Takes units from the caller's quota before the work; settle them by recording the check, or give them back.
 * @throws AppError quota_exceeded, with the seconds until units come back where that is known; credentials_invalid for a
 * key that was revoked a moment ago
 */
export async function chargeQuota(ctx: RequestContext, units: number): Promise<Reservation> {
  for (;;) {
    const reservation = await reserveUnits(ctx.db, quotaCaller(ctx), units);
    if (reservation !== null) return reservation;
    const quota = await readQuota(ctx.db, quotaCaller(ctx));
    if (quota === null) throw new AppError("credentials_invalid", "Expected an API key that is still in force");
    // Units that came back between the two statements, because a period ended or a call failed, are there to be had.
    if (quota.remaining === null || quota.remaining >= units) continue;
    ctx.metrics.quotaRefusals.inc({ caller: ctx.actor.type });
    throw quotaExceeded(quota, units);
  }
}

/** What a check's answer says it was charged: its own units, or those of an earlier run whose answer was lost. */
export function chargedUnits(ctx: RequestContext, reservation: Reservation | null): number {
  return reservation?.units ?? ctx.idempotencyClaim?.chargedUnits ?? 0;
}

function quotaExceeded({ remaining, resetsAt }: QuotaState, units: number): AppError {
  const left = remaining ?? 0;
  const message = `Expected a quota with ${units} ${units === 1 ? "unit" : "units"} left but found ${left}`;
  if (resetsAt === null) return new AppError("quota_exceeded", message);
  const retryAfterSeconds = Math.max(1, Math.ceil((resetsAt.getTime() - Date.now()) / 1000));
  return new AppError("quota_exceeded", message, { retryAfterSeconds });
}

/** Gives units back after a failure, which is what the caller hears of, whatever becomes of the units. */
export async function refundQuota(
  ctx: RequestContext,
  reservation: Reservation | null,
  failure: unknown,
): Promise<void> {
  if (reservation === null) return;
  await undoAfter(ctx, failure, "reserved units", () => refundUnits(ctx.db, reservation));
}
