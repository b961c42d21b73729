/** Whose quota it is: a key's, or that of a client address without one. */
export type QuotaCaller =
  | { readonly keyId: string }
  | { readonly address: string /** Units in 24 hours. */; readonly limit: number };

/** A caller's quota at one moment. */
export interface QuotaState {
  /** Units in one period; null for no limit. */
  readonly limit: number | null;
  /** Units left; null for no limit. */
  readonly remaining: number | null;
  /** When the units come back; null where they don't, or where none is used. */
  readonly resetsAt: Date | null;
}

/** A caller's quota as the driver reads it. */
export interface AllowanceRow {
  quota_limit: string | null;
  /** Null where there is no row of this caller. */
  used: string | number | null;
  resets_at: Date | null;
}

/** Start of the UTC day or month that now lies in, for one `api_key` row. */
export const PERIOD_START = `date_trunc(case api_key.quota_period when 'month' then 'month' else 'day' end, now(), 'UTC')`;

/** True where the row's count belongs to a period that is over. */
export const PERIOD_OVER = `(api_key.quota_period <> 'none' and api_key.period_started_at < ${PERIOD_START})`;

/** When the row's period ends; null for a stock that only an admin refills. */
export const PERIOD_END = `case api_key.quota_period
        when 'day' then ((now() at time zone 'UTC')::date + 1)::timestamp at time zone 'UTC'
        when 'month' then (date_trunc('month', now() at time zone 'UTC') + interval '1 month') at time zone 'UTC'
      end`;

/** True where a free allowance comes back: 24 hours after the address's last costed call. */
export const FREE_OVER = `(free_allowance.last_costed_at <= now() - interval '24 hours')`;

/** Selects one caller's quota as an AllowanceRow; `parameter` is the key's id or the client's address. */
export function allowanceColumns(caller: "key" | "free", parameter: string): string {
  if (caller === "key") {
    return `select api_key.quota_limit, case when ${PERIOD_OVER} then 0 else api_key.used end as used,
        ${PERIOD_END} as resets_at
      from api_key where api_key.id = ${parameter} and api_key.revoked_at is null`;
  }
  return `select null::bigint as quota_limit, case when ${FREE_OVER} then 0 else free_allowance.used end as used,
      case when not ${FREE_OVER} then free_allowance.last_costed_at + interval '24 hours' end as resets_at
    from free_allowance where free_allowance.address = ${parameter}`;
}

/** Null where the caller is a key that does not exist or was revoked; an address without a row has used nothing. */
export function parseAllowance(row: AllowanceRow | undefined, caller: QuotaCaller): QuotaState | null {
  const keyed = "keyId" in caller;
  if (row === undefined || row.used === null) {
    return keyed ? null : { limit: caller.limit, remaining: caller.limit, resetsAt: null };
  }
  const stored = row.quota_limit === null ? null : Number(row.quota_limit);
  const limit = keyed ? stored : caller.limit;
  return {
    limit,
    remaining: limit === null ? null : Math.max(0, limit - Number(row.used)),
    resetsAt: row.resets_at,
  };
}
