import type { KeyUsageRow, OwnUsage } from "../../services/read-own-usage.ts";

/** `monthly_limit` of a key without one: the vendor's clients expect a number, of at most 32 bits. */
const NO_LIMIT = 2_147_483_647;
const DAY_MS = 86_400_000;
/** How far back the histograms go. */
const HISTORY_DAYS = 366;

/** Billable units and requests of one stretch of days. */
interface Sum {
  readonly processed: number;
  readonly requests: number;
}

/** A key's usage as both versions of the API tell it; times are starts of UTC days, in ms. */
export interface UsageFigures {
  readonly todayMs: number;
  /** The calendar month, whose end is the first moment of the next one. */
  readonly period: { readonly startMs: number; readonly endMs: number };
  readonly daily: Sum;
  readonly weekly: Sum;
  readonly monthly: Sum;
  readonly total: Sum;
  /** `limit - monthly.processed` is what is left. */
  readonly limit: number;
  /** The start of the last day with use where only that is known; null where there is none. */
  readonly lastUsedMs: number | null;
  /** Units by day, by week from Monday on, and by month, each under its first moment in Unix seconds. */
  readonly history: Readonly<Record<"daily" | "weekly" | "monthly", Readonly<Record<string, number>>>>;
}

/** @param now any moment of today */
export function figureUsage({ quota, used, days }: OwnUsage, now: Date): UsageFigures {
  const todayMs = startOfDay(now.getTime());
  const weekMs = startOfWeek(todayMs);
  const startMs = startOfMonth(todayMs);
  const endMs = Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + 1, 1);
  const since = (ms: number) => sum(days.filter((day) => Date.parse(day.day) >= ms));
  const recent = days.filter((day) => Date.parse(day.day) > todayMs - HISTORY_DAYS * DAY_MS);
  return {
    todayMs,
    period: { startMs, endMs },
    daily: since(todayMs),
    weekly: since(weekMs),
    total: sum(days),
    ...figureLimit(quota, used, since(startMs)),
    lastUsedMs: findLastUse(days),
    history: {
      daily: histogram(recent, (ms) => ms),
      weekly: histogram(recent, startOfWeek),
      monthly: histogram(recent, startOfMonth),
    },
  };
}

/**
 * Of a monthly quota the limit and what the quota itself has counted. Of one by the day, or of a stock, the limit is whatever
 * leaves what there is left now, since clients subtract one from the other.
 */
function figureLimit(quota: OwnUsage["quota"], used: number, month: Sum): Pick<UsageFigures, "limit" | "monthly"> {
  const { limit, period } = quota;
  if (limit === null) return { limit: NO_LIMIT, monthly: month };
  if (period === "month") return { limit, monthly: { ...month, processed: Math.min(used, limit) } };
  return { limit: month.processed + Math.max(0, limit - used), monthly: month };
}

function findLastUse(days: readonly KeyUsageRow[]): number | null {
  const last = days.at(-1);
  if (last === undefined) return null;
  return last.lastUsedAt?.getTime() ?? Date.parse(last.day);
}

function sum(days: readonly KeyUsageRow[]): Sum {
  return days.reduce<Sum>(
    ({ processed, requests }, day) => ({
      processed: processed + day.units,
      requests: requests + day.newImages + day.repeatedImages + day.hashLookUps,
    }),
    { processed: 0, requests: 0 },
  );
}

function histogram(days: readonly KeyUsageRow[], startOf: (ms: number) => number): Record<string, number> {
  const bars: Record<string, number> = {};
  for (const day of days) {
    const start = String(startOf(Date.parse(day.day)) / 1000);
    bars[start] = (bars[start] ?? 0) + day.units;
  }
  return bars;
}

function startOfDay(ms: number): number {
  return Math.floor(ms / DAY_MS) * DAY_MS;
}

/** The Monday; the first day of 1970 was a Thursday. */
function startOfWeek(ms: number): number {
  const sinceMonday = (Math.floor(ms / DAY_MS) + 3) % 7;
  return startOfDay(ms) - sinceMonday * DAY_MS;
}

function startOfMonth(ms: number): number {
  const date = new Date(ms);
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), 1);
}
