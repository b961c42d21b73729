import { AppError } from "../errors.ts";
import type { Detail, DetailCause, Digests, PerceptualKind } from "../fingerprint/fingerprint.ts";
import type { Scores } from "../scores.ts";
import type { Database } from "./client.ts";
import type { StoredVariant } from "./hot-keys.ts";
import type { IdempotencyClaim } from "./idempotent-requests.ts";
import type { Reservation } from "./quota-reservations.ts";
import type { QuotaCaller } from "./quota-state.ts";

/** What is kept of a picture once it was decoded. Hashes in hex, perceptual bits as PostgreSQL's bit input takes them. */
export interface CheckedImage {
  readonly digests: Digests;
  readonly byteLength: number;
  readonly format: string;
  readonly width: number;
  readonly height: number;
  readonly frames: number;
  /** The eight PDQ hashes joined in the order of TRANSFORMS. */
  readonly pdqTransforms: string | null;
  readonly pdqQuality: number;
  readonly blockhash: string | null;
  /** The eight blockhashes, joined likewise. */
  readonly blockhashTransforms: string | null;
  /** Of the trimmed picture, eight PDQ hashes and then eight blockhashes; null where it isn't searched trimmed. */
  readonly trimmedTransforms: string | null;
  readonly detail: Detail;
  /** Why the whole picture isn't searched by its looks; null where it is. */
  readonly detailCause: DetailCause | null;
  readonly fingerprintVersion: number;
  /** 512 hex digits (fingerprint/neural.ts), by the model `neuralVersion`; both null where none was made this time: one that is stored already stays. */
  readonly neural: string | null;
  readonly neuralVersion: string | null;
  /** What the distance search finds it by, each variant once at most; a variant that isn't there is not searched. */
  readonly searchBits: readonly SearchedVariant[];
}

export interface SearchedVariant {
  readonly variant: StoredVariant;
  readonly pdq: string;
  readonly blockhash: string;
}

/** Scores to store with an image, and where they came from. */
export interface StoredScores {
  readonly model: string;
  readonly scores: Scores;
  readonly scoresFrom: bigint | null;
}

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

interface Row {
  held: boolean;
  paid: boolean;
  id: string | null;
  times_seen: string;
  first_seen_at: Date;
}

// Whoever records a check has to end its reservation in the same statement, and so does whoever gives its units back: one of
// the two finds it. Likewise a check that came with an Idempotency-Key is recorded only while its claim on the key stands,
// and the claim then says what was charged. Where either is gone, nothing is written: `paid` has no row.
const PAID = `held as (
    select from idempotent_request where caller = $7::text and key = $8::text and owner = $9::text and status is null for update
  ), settled as (
    delete from quota_reservation where id = $5::bigint and ($9::text is null or exists (select from held)) returning id
  ), paid as (
    select where case when $5::bigint is null then $9::text is null or exists (select from held) else exists (select from settled) end
  )`;

// The sighting and the day's count, written with whatever names the image as `seen`.
const PAY = `recorded as (
    insert into sighting (id, image_id, key_id, verdict, units) select $1::text, seen.id, $3::text, $2::text, $6::int from seen
  ), costed as (
    update free_allowance set last_costed_at = now() where address = $4::text and $6::int > 0 and exists (select from paid)
  ), charged as (
    update idempotent_request set charged_units = charged_units + $6::int
    where caller = $7::text and key = $8::text and $6::int > 0 and exists (select from paid)
  )`;

const OUTCOME = `select $9::text is null or exists (select from held) as held, exists (select from paid) as paid,
    seen.id::text, seen.times_seen, seen.first_seen_at`;
const OF_IT = "from (values (1)) as one left join seen on true";

const USAGE = (newImages: string, repeatedImages: string) => `counted as (
    insert into key_usage (key_id, day, units, new_images, repeated_images)
    select $3::text, (now() at time zone 'UTC')::date, $6::int, ${newImages}, ${repeatedImages} from seen where $3::text is not null
    on conflict (key_id, day) do update set units = key_usage.units + excluded.units,
      new_images = key_usage.new_images + excluded.new_images,
      repeated_images = key_usage.repeated_images + excluded.repeated_images
  )`;

function paymentValues(check: CheckRecord): unknown[] {
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

function recorded(row: Row | undefined): RecordedImage {
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

// Foreign partitions allow neither `on conflict (image_id)` nor, without reading all rows, a join by the key: hence two
// statements for a table, and the key as a subquery's value.
function bitsOf(kind: PerceptualKind, whole: string, trimmed: string): string {
  const bits = `(case variant when 0 then ${whole}::text else ${trimmed}::text end)::bit(256)`;
  return `${kind}_changed as (
    update image_${kind} set bits = ${bits} where image_id = (select id from seen) and bits <> ${bits} returning variant
  ), ${kind}_added as (
    insert into image_${kind} (image_id, variant, bits)
    select id, variant, given.bits::bit(256) from seen, (values (0::int2, ${whole}::text), (1, ${trimmed}::text)) as given (variant, bits)
    where given.bits is not null and variant not in (select variant from ${kind}_changed) on conflict do nothing
  ), ${kind}_removed as (
    delete from image_${kind} where image_id = (select id from seen) and ${bits} is null
  )`;
}

/** For four parameters from that number on: PDQ and blockhash of the whole picture, then of the trimmed one. */
function writeBits(from: number): string {
  return `${bitsOf("pdq", `$${from}`, `$${from + 2}`)}, ${bitsOf("blockhash", `$${from + 1}`, `$${from + 3}`)}`;
}

function bitsValues({ searchBits }: CheckedImage): (string | null)[] {
  return [0, 1].flatMap((variant) => {
    const found = searchBits.find((each) => each.variant === variant);
    return [found?.pdq ?? null, found?.blockhash ?? null];
  });
}

const RECORD_NEW = `with ${PAID}, seen as (
    insert into image (sha256, sha1, md5, byte_length, format, width, height, frames, pdq_transforms, pdq_quality,
      blockhash, blockhash_transforms, trimmed_transforms, detail, detail_cause, fingerprint_version, neural,
      neural_version, model, scores, scores_from, times_seen)
    select $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26, $27, $28, $29::json,
      $30::bigint, 1 from paid
    on conflict (sha256) do update set times_seen = image.times_seen + 1, last_seen_at = now(),
      pdq_transforms = excluded.pdq_transforms, pdq_quality = excluded.pdq_quality, blockhash = excluded.blockhash,
      blockhash_transforms = excluded.blockhash_transforms, trimmed_transforms = excluded.trimmed_transforms,
      detail = excluded.detail, detail_cause = excluded.detail_cause, fingerprint_version = excluded.fingerprint_version,
      neural = coalesce(excluded.neural, image.neural),
      neural_version = coalesce(excluded.neural_version, image.neural_version),
      model = coalesce(excluded.model, image.model), scores = coalesce(excluded.scores, image.scores),
      scores_from = case when excluded.model is null then image.scores_from else excluded.scores_from end
    returning id, times_seen, first_seen_at
  ), ${PAY}, ${USAGE("(seen.times_seen = 1)::int", "(seen.times_seen > 1)::int")}, ${writeBits(31)}, unclaimed as (
    delete from image_claim where sha256 = $10
  )
  ${OUTCOME}, seen.times_seen <> 1 + coalesce((select times_seen from image where sha256 = $10), 0) as overtaken
  ${OF_IT}`;

// While the record above waited for the image's row, others recorded the same image, and of the rows of bits it saw those
// of before. Whoever comes last to the image's row has the bits to write: here, unless yet another has come since.
const CATCH_UP_BITS = `with seen as (
    select id from image where sha256 = $1 and fingerprint_version = $2 and detail = $3
      and pdq_transforms is not distinct from $4::bytea and blockhash is not distinct from $5::bytea
      and blockhash_transforms is not distinct from $6::bytea and trimmed_transforms is not distinct from $7::bytea
      and detail_cause is not distinct from $8::text
    for no key update
  ), ${writeBits(9)}
  select`;

/**
 * Stores a decoded image, its sighting and its charge in one statement, and ends the claim on it. Where others recorded the
 * same image at the same moment, a second statement brings the bits that it is searched by up to the image's row.
 * @throws AppError overloaded where its reservation, idempotency_in_progress where its Idempotency-Key went to others
 * meanwhile; nothing is stored then
 */
export async function recordNewImage(
  db: Database,
  image: CheckedImage,
  scores: StoredScores | null,
  check: CheckRecord,
): Promise<RecordedImage> {
  const result = await db.pool.query<Row & { overtaken: boolean }>({
    name: "record_new_image",
    text: RECORD_NEW,
    values: [
      ...paymentValues(check),
      bytes(image.digests.sha256),
      bytes(image.digests.sha1),
      bytes(image.digests.md5),
      image.byteLength,
      image.format,
      image.width,
      image.height,
      image.frames,
      bytes(image.pdqTransforms),
      image.pdqQuality,
      bytes(image.blockhash),
      bytes(image.blockhashTransforms),
      bytes(image.trimmedTransforms),
      image.detail,
      image.detailCause,
      image.fingerprintVersion,
      bytes(image.neural),
      image.neuralVersion,
      scores?.model ?? null,
      scores === null ? null : JSON.stringify(scores.scores),
      scores?.scoresFrom?.toString() ?? null,
      ...bitsValues(image),
    ],
  });
  const row = result.rows[0];
  if (row?.overtaken === true) await catchUpBits(db, image);
  return recorded(row);
}

async function catchUpBits(db: Database, image: CheckedImage): Promise<void> {
  await db.pool.query({
    name: "catch_up_bits",
    text: CATCH_UP_BITS,
    values: [
      bytes(image.digests.sha256),
      image.fingerprintVersion,
      image.detail,
      bytes(image.pdqTransforms),
      bytes(image.blockhash),
      bytes(image.blockhashTransforms),
      bytes(image.trimmedTransforms),
      image.detailCause,
      ...bitsValues(image),
    ],
  });
}

function bytes(hex: string | null): Buffer | null {
  return hex === null ? null : Buffer.from(hex, "hex");
}

const RECORD_REPEAT = `with ${PAID}, seen as (
    update image set times_seen = times_seen + 1, last_seen_at = now() where id = $10 and exists (select from paid)
    returning id, times_seen, first_seen_at
  ), ${PAY}, ${USAGE("0", "1")}
  ${OUTCOME} ${OF_IT}`;

/**
 * Records that an image known already was checked again.
 * @throws AppError as {@link recordNewImage}
 */
export async function recordRepeat(db: Database, imageId: bigint, check: CheckRecord): Promise<RecordedImage> {
  const result = await db.pool.query<Row>({
    name: "record_repeat",
    text: RECORD_REPEAT,
    values: [...paymentValues(check), imageId.toString()],
  });
  return recorded(result.rows[0]);
}
