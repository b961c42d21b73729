import type { Detail, DetailCause, Digests } from "../fingerprint/fingerprint.ts";
import type { Scores } from "../scores.ts";
import {
  type CheckRecord,
  OUTCOME_COLUMNS,
  OUTCOME_ROW,
  PAID,
  PAY,
  paymentValues,
  type RecordedImage,
  type RecordedRow,
  recorded,
  USAGE,
} from "./check-payment.ts";
import type { Database } from "./client.ts";
import { bitsValues, type SearchedVariant, writeBits } from "./image-bits.ts";

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

/** Scores to store with an image, and where they came from. */
export interface StoredScores {
  readonly model: string;
  readonly scores: Scores;
  readonly scoresFrom: bigint | null;
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
  ${OUTCOME_COLUMNS}, seen.times_seen <> 1 + coalesce((select times_seen from image where sha256 = $10), 0) as overtaken
  ${OUTCOME_ROW}`;

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
  const result = await db.pool.query<RecordedRow & { overtaken: boolean }>({
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
      ...bitsValues(image.searchBits),
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
      ...bitsValues(image.searchBits),
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
  ${OUTCOME_COLUMNS} ${OUTCOME_ROW}`;

/**
 * Records that an image known already was checked again.
 * @throws AppError as {@link recordNewImage}
 */
export async function recordRepeat(db: Database, imageId: bigint, check: CheckRecord): Promise<RecordedImage> {
  const result = await db.pool.query<RecordedRow>({
    name: "record_repeat",
    text: RECORD_REPEAT,
    values: [...paymentValues(check), imageId.toString()],
  });
  return recorded(result.rows[0]);
}
