import { AppError } from "../errors.ts";
import type { IdempotencyClaim } from "./idempotent-requests.ts";
import type { Reservation } from "./quota-reservations.ts";
import type { QuotaCaller } from "./quota-state.ts";

/** The sighting that a check leaves behind, and how it is paid. */
export interface CheckRecord {
  readonly checkId: string;
  readonly verdict: "allow" | "review" | "block";
  readonly caller: QuotaCaller;
  /** Settled in the same statement; null where the check costs nothing. */
  readonly reservation: Reservation | null;
  /** What the check is recorded under, and under nothing else; null where it came without an Idempotency-Key. */
  readonly claim: IdempotencyClaim | null;
}

/** The image as it stands after the check was recorded. */
export interface RecordedImage {
  readonly id: bigint;
  readonly timesSeen: number;
  readonly firstSeenAt: Date;
}

/** What a statement with these parts answers. */
export interface RecordedRow {
  held: boolean;
  paid: boolean;
  id: string | null;
  times_seen: string;
  first_seen_at: Date;
}

// Whoever records a check has to end its reservation in the same statement, and so does whoever gives its units back: one of
// the two finds it. Likewise a check that came with an Idempotency-Key is recorded only while its claim on the key stands,
// and the claim then says what was charged. Where either is gone, nothing is written: `paid` has no row.
export const PAID = `held as (
    select from idempotent_request where caller = $7::text and key = $8::text and owner = $9::text and status is null for update
  ), settled as (
    delete from quota_reservation where id = $5::bigint and ($9::text is null or exists (select from held)) returning id
  ), paid as (
    select where case when $5::bigint is null then $9::text is null or exists (select from held) else exists (select from settled) end
  )`;

/** The sighting and the charge, written with whatever names the image as `seen`. */
export const PAY = `recorded as (
    insert into sighting (id, image_id, key_id, verdict, units) select $1::text, seen.id, $3::text, $2::text, $6::int from seen
  ), costed as (
    update free_allowance set last_costed_at = now() where address = $4::text and $6::int > 0 and exists (select from paid)
  ), charged as (
    update idempotent_request set charged_units = charged_units + $6::int
    where caller = $7::text and key = $8::text and $6::int > 0 and exists (select from paid)
  )`;

/** What {@link recorded} reads: one row, also where nothing was recorded. */
export const OUTCOME_COLUMNS = `select $9::text is null or exists (select from held) as held, exists (select from paid) as paid,
    seen.id::text, seen.times_seen, seen.first_seen_at`;
export const OUTCOME_ROW = "from (values (1)) as one left join seen on true";

/** The day's count of the key; the two arguments are SQL for 0 or 1. */
export const USAGE = (newImages: string, repeatedImages: string) => `counted as (
    insert into key_usage (key_id, day, units, new_images, repeated_images, last_used_at)
    select $3::text, (now() at time zone 'UTC')::date, $6::int, ${newImages}, ${repeatedImages}, now() from seen where $3::text is not null
    on conflict (key_id, day) do update set units = key_usage.units + excluded.units,
      new_images = key_usage.new_images + excluded.new_images,
      repeated_images = key_usage.repeated_images + excluded.repeated_images,
      last_used_at = greatest(key_usage.last_used_at, excluded.last_used_at)
  )`;

/** The first nine parameters of a statement with these parts. */
export function paymentValues(check: CheckRecord): unknown[] {
  return [
    check.checkId,
    check.verdict,
    "keyId" in check.caller ? check.caller.keyId : null,
    "address" in check.caller ? check.caller.address : null,
    check.reservation === null ? null : check.reservation.id.toString(),
    check.reservation?.units ?? 0,
    check.claim?.caller ?? null,
    check.claim?.key ?? null,
    check.claim?.owner ?? null,
  ];
}

/**
 * The image that was recorded.
 * @throws AppError overloaded where the reservation, idempotency_in_progress where the Idempotency-Key went to others meanwhile
 */
export function recorded(row: RecordedRow | undefined): RecordedImage {
  if (row?.held === false) {
    throw new AppError(
      "idempotency_in_progress",
      "A later request with this Idempotency-Key has taken this one's place",
    );
  }
  if (row?.paid === false) {
    throw new AppError("overloaded", "The check took so long that the units reserved for it were given back");
  }
  if (row === undefined || row.id === null) throw new Error("The check was not recorded: its image is gone");
  return { id: BigInt(row.id), timesSeen: Number(row.times_seen), firstSeenAt: row.first_seen_at };
}
