import type { Database } from "./client.ts";
import {
  type AllowanceRow,
  allowanceColumns,
  FREE_OVER,
  PERIOD_END,
  PERIOD_OVER,
  PERIOD_START,
  parseAllowance,
  type QuotaCaller,
  type QuotaState,
} from "./quota-state.ts";

/**
 * How long units may stay reserved before their process counts as dead. Far above the longest a check can take (10 s to
 * fetch, 10 s to decode, the queue), so that a live reservation is never given back.
 */
const LEASE = "interval '5 minutes'";

/** Units taken from a caller's quota, to be settled or given back. */
export interface Reservation {
  readonly id: bigint;
  readonly units: number;
  /** The quota with these units taken. */
  readonly quota: QuotaState;
}

interface ReservationRow extends AllowanceRow {
  id: string;
}

const RESERVE_KEY = `with taken as (
    update api_key
    set used = case when ${PERIOD_OVER} then 0 else api_key.used end + $2::int,
        period_started_at = case when ${PERIOD_OVER} then ${PERIOD_START} else api_key.period_started_at end
    where api_key.id = $1 and api_key.revoked_at is null
      and (api_key.quota_limit is null or case when ${PERIOD_OVER} then 0 else api_key.used end + $2::int <= api_key.quota_limit)
    returning api_key.id, api_key.period_started_at, api_key.quota_limit, api_key.used, ${PERIOD_END} as resets_at
  ), reserved as (
    insert into quota_reservation (key_id, units, period_started_at, expires_at)
    select id, $2::int, period_started_at, now() + ${LEASE} from taken
    returning id
  )
  select reserved.id::text, taken.quota_limit, taken.used, taken.resets_at from taken, reserved`;

// A row whose 24 hours are over starts again at zero; its last_costed_at stays empty until a call is costed for good, so
// that calls that fail never push the return of the allowance back.
const RESERVE_FREE = `with taken as (
    insert into free_allowance (address, used)
    select $1::text, $2::int where $2::int <= $3::int
    on conflict (address) do update
    set used = case when ${FREE_OVER} then 0 else free_allowance.used end + excluded.used,
        started_at = case when ${FREE_OVER} then now() else free_allowance.started_at end,
        last_costed_at = case when ${FREE_OVER} then null else free_allowance.last_costed_at end
    where case when ${FREE_OVER} then 0 else free_allowance.used end + excluded.used <= $3::int
    returning address, used, started_at
  ), reserved as (
    insert into quota_reservation (address, units, period_started_at, expires_at)
    select address, $2::int, started_at, now() + ${LEASE} from taken
    returning id
  )
  select reserved.id::text, null::bigint as quota_limit, taken.used, now() + interval '24 hours' as resets_at from taken, reserved`;

/**
 * Takes units from a caller's quota in one statement; null where fewer are left than asked for. Concurrent calls wait for
 * each other on the caller's row, so the sum of what is granted never exceeds the limit.
 */
export async function reserveUnits(db: Database, caller: QuotaCaller, units: number): Promise<Reservation | null> {
  const query =
    "keyId" in caller
      ? { name: "reserve_key", text: RESERVE_KEY, values: [caller.keyId, units] }
      : { name: "reserve_free", text: RESERVE_FREE, values: [caller.address, units, caller.limit] };
  const result = await db.pool.query<ReservationRow>(query);
  const row = result.rows[0];
  if (row === undefined) return null;
  const quota = parseAllowance(row, caller);
  return quota === null ? null : { id: BigInt(row.id), units, quota };
}

const GIVE_BACK = `key_back as (
    update api_key set used = greatest(0, api_key.used - gone.units)
    from (select key_id, period_started_at, sum(units) as units from gone where key_id is not null group by 1, 2) as gone
    where api_key.id = gone.key_id and api_key.period_started_at = gone.period_started_at
    returning api_key.id
  ), free_back as (
    update free_allowance set used = greatest(0, free_allowance.used - gone.units)
    from (select address, period_started_at, sum(units)::int as units from gone where address is not null group by 1, 2) as gone
    where free_allowance.address = gone.address and free_allowance.started_at = gone.period_started_at
    returning free_allowance.address
  )`;

/** Gives a reservation's units back; a second call, or one after the units were settled, does nothing. */
export async function refundUnits(db: Database, reservation: Reservation): Promise<void> {
  await db.pool.query({
    name: "refund_units",
    text: `with gone as (delete from quota_reservation where id = $1 returning *), ${GIVE_BACK}
      select count(*) from gone`,
    values: [reservation.id.toString()],
  });
}

/** Gives back what processes that died had reserved; returns how many reservations that were. */
export async function refundAbandonedUnits(db: Pick<Database, "pool">): Promise<number> {
  const result = await db.pool.query<{ count: string }>(
    `with gone as (
      delete from quota_reservation where id in (
        select id from quota_reservation where expires_at < now() order by id for update skip locked)
      returning *
    ), ${GIVE_BACK}
    select count(*) from gone`,
  );
  return Number(result.rows[0]?.count ?? 0);
}

/**
 * Forgets the addresses whose allowance is whole again, so that none is kept longer than it counts; returns how many. A
 * call that reserves at this moment holds the row and is not forgotten.
 */
export async function forgetRestoredAllowances(db: Pick<Database, "pool">): Promise<number> {
  const result = await db.pool.query(
    `delete from free_allowance where ${FREE_OVER} or (last_costed_at is null and used = 0)`,
  );
  return result.rowCount ?? 0;
}

/** The caller's quota as it stands; null where the key is gone. */
export async function readQuota(db: Database, caller: QuotaCaller): Promise<QuotaState | null> {
  const keyed = "keyId" in caller;
  const result = await db.pool.query<AllowanceRow>({
    name: keyed ? "read_quota_key" : "read_quota_free",
    text: allowanceColumns(keyed ? "key" : "free", "$1"),
    values: ["keyId" in caller ? caller.keyId : caller.address],
  });
  return parseAllowance(result.rows[0], caller);
}
