import { createHash } from "node:crypto";
import type { StaleEntry } from "../db/stale-entries.ts";
import { AppError } from "../errors.ts";
import type { AppContext } from "./context.ts";
import { withImage } from "./image-source.ts";
import type { PictureFolder } from "./picture-folder.ts";

/** Why an entry's picture can't be hashed again. */
export const PICTURE_FAULTS = {
  no_source: "its picture was uploaded, or its URL was not kept, and no file at hand is that picture",
  source_gone: "its URL gives no picture any more",
  picture_changed: "its URL gives another picture now",
  picture_unusable: "its picture can't be decoded",
} as const;

export interface PictureFault {
  readonly reason: keyof typeof PICTURE_FAULTS;
  /** For people. */
  readonly detail: string;
}

/** Exactly the bytes that an entry was made from. */
export interface FoundPicture {
  readonly bytes: Uint8Array;
  readonly from: "folder" | "url";
}

/** Looks for an entry's picture: among the files at hand, then behind the URL it was added by. */
export async function findEntryPicture(
  ctx: AppContext,
  { sha256, sourceUrl }: StaleEntry,
  pictures: PictureFolder | null,
): Promise<FoundPicture | PictureFault> {
  if (sha256 === null) return faultOf("no_source");
  const file = (await pictures?.read(sha256)) ?? null;
  // A file may have been replaced since the folder was read.
  if (file !== null && sha256Of(file) === sha256) return { bytes: file, from: "folder" };
  if (sourceUrl === null) return faultOf("no_source");
  try {
    return await withImage(ctx, { url: sourceUrl }, "rehash", async (image) =>
      image.sha256 === sha256 ? { bytes: image.bytes, from: "url" } : faultOf("picture_changed"),
    );
  } catch (error) {
    if (error instanceof AppError) return { reason: "source_gone", detail: error.message };
    throw error;
  }
}

/**
 * What a failure to decode means for an entry.
 * @throws what the picture is not to blame for
 */
export function unusable(error: unknown): PictureFault {
  if (error instanceof AppError && error.code.startsWith("image_")) {
    return { reason: "picture_unusable", detail: error.message };
  }
  throw error;
}

function faultOf(reason: PictureFault["reason"]): PictureFault {
  return { reason, detail: PICTURE_FAULTS[reason] };
}

function sha256Of(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}
