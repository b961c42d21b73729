import type { Database } from "./client.ts";
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
