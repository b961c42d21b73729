import type { Database } from "./client.ts";
import { type FeedbackColumn, feedbackColumn, type GivenFeedback, parseFeedback } from "./given-feedback.ts";
import { IMAGE_COLUMNS, type ImageRow, type KnownImage, parseImage } from "./known-image.ts";

export async function findImageById(db: Database, imageId: bigint): Promise<KnownImage | null> {
  const result = await db.pool.query<ImageRow>({
    name: "find_image_by_id",
    text: `select ${IMAGE_COLUMNS} from image where id = $1`,
    values: [imageId.toString()],
  });
  const row = result.rows[0];
  return row === undefined ? null : parseImage(row);
}

/** The image of these bytes; null where they were never checked. */
export async function findImageBySha256(db: Database, sha256: string): Promise<KnownImage | null> {
  const result = await db.pool.query<ImageRow>({
    name: "find_image_by_sha256",
    text: `select ${IMAGE_COLUMNS} from image where sha256 = $1`,
    values: [Buffer.from(sha256, "hex")],
  });
  const row = result.rows[0];
  return row === undefined ? null : parseImage(row);
}

/** The image of these bytes, null where they were never checked, and what was said of them all the same. */
export async function findImageAndFeedback(
  db: Database,
  sha256: string,
): Promise<{ image: KnownImage | null; feedback: readonly GivenFeedback[] }> {
  const { rows } = await db.pool.query<FeedbackColumn & { [Column in keyof ImageRow]: ImageRow[Column] | null }>({
    name: "find_image_and_feedback",
    text: `select ${IMAGE_COLUMNS}, ${feedbackColumn("asked.sha256")}
      from (select $1::bytea as sha256) as asked left join image on image.sha256 = asked.sha256`,
    values: [Buffer.from(sha256, "hex")],
  });
  const [row] = rows;
  if (row === undefined) return { image: null, feedback: [] };
  return { image: isImage(row) ? parseImage(row) : null, feedback: parseFeedback(row) };
}

function isImage(row: { id: string | null }): row is ImageRow {
  return row.id !== null;
}
