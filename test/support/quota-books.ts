import type pg from "pg";

/** Who pays, as the database names them. */
export type Payer = { readonly keyId: string } | { readonly address: string };

/** What the database has of one payer's units. */
export interface QuotaBooks {
  /** Units of the present period. */
  readonly used: number;
  /** Units of all checks that are stored. */
  readonly sighted: number;
  /** Units of the daily usage; null for an address, which has none. */
  readonly counted: number | null;
  /** Units reserved and not settled. */
  readonly reserved: number;
}

/** Reads one payer's books. Sightings name no address: for one, those of all callers without a key are summed. */
export async function readQuotaBooks(pool: pg.Pool, payer: Payer): Promise<QuotaBooks> {
  const keyed = "keyId" in payer;
  const { rows } = await pool.query<Record<keyof QuotaBooks, string | null>>(
    keyed
      ? `select (select used from api_key where id = $1) as used,
          (select coalesce(sum(units), 0) from sighting where key_id = $1) as sighted,
          (select coalesce(sum(units), 0) from key_usage where key_id = $1) as counted,
          (select coalesce(sum(units), 0) from quota_reservation where key_id = $1) as reserved`
      : `select (select used from free_allowance where address = $1) as used,
          (select coalesce(sum(units), 0) from sighting where key_id is null) as sighted, null as counted,
          (select coalesce(sum(units), 0) from quota_reservation where address = $1) as reserved`,
    [keyed ? payer.keyId : payer.address],
  );
  const row = rows[0];
  return {
    used: Number(row?.used),
    sighted: Number(row?.sighted),
    counted: keyed ? Number(row?.counted) : null,
    reserved: Number(row?.reserved),
  };
}
