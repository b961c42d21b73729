import type { UsageFigures } from "./usage.ts";

/** Requests of one key at a time: how many may be, and how many are. */
export interface ConcurrencyFigures {
  readonly max: number;
  readonly now: number;
}

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"] as const;

/** `result` of v2's `/usage`, shaped as the vendor's documentation shows it. */
export function presentV2Usage(
  figures: UsageFigures,
  wanted: { readonly history: boolean; readonly concurrency: ConcurrencyFigures | null },
) {
  const { daily, weekly, monthly, total, period } = figures;
  return {
    billing_period_end: spell(period.endMs),
    billing_period_start: spell(period.startMs),
    ...(wanted.concurrency !== null && { concurrency: wanted.concurrency }),
    ...(wanted.history && figures.history),
    daily_for: spell(figures.todayMs),
    daily_processed: daily.processed,
    daily_requests: daily.requests,
    // An integer, as clients declare it.
    last_usage: Math.floor((figures.lastUsedMs ?? 0) / 1000),
    monthly_limit: figures.limit,
    monthly_processed: monthly.processed,
    monthly_requests: monthly.requests,
    total_processed: total.processed,
    total_requests: total.requests,
    weekly_processed: weekly.processed,
    weekly_requests: weekly.requests,
  };
}

/** The body of v1's `/usage?fix=1`, shaped as the vendor's change log shows it. */
export function presentV1Usage(figures: UsageFigures, concurrency: ConcurrencyFigures) {
  const { daily, monthly, period } = figures;
  return {
    billable: { daily: daily.processed, monthly: monthly.processed },
    billing_period: { end: period.endMs / 1000, start: period.startMs / 1000 },
    last_request: ((figures.lastUsedMs ?? 0) / 1000).toFixed(6),
    limits: { concurrency: concurrency.max, monthly: figures.limit },
    total: { daily: daily.requests, monthly: monthly.requests },
  };
}

/** `18 of Oct, 2018`. */
function spell(ms: number): string {
  const date = new Date(ms);
  const day = String(date.getUTCDate()).padStart(2, "0");
  return `${day} of ${MONTHS[date.getUTCMonth()] ?? ""}, ${date.getUTCFullYear()}`;
}
