import { releaseUploads, reserveUploads, storeUpload } from "../db/uploads.ts";
import { AppError } from "../errors.ts";
import type { RequestContext } from "./context.ts";
import { undoAfter } from "./leftovers.ts";
import { requireScope } from "./require-scope.ts";
import { seal } from "./seal.ts";
import { uploadSecrets } from "./upload-secrets.ts";

/** A picture to be kept for a later call. */
export interface NewUpload {
  /** Made for it alone from at least 128 random bits, in whatever form the caller's clients expect. */
  readonly id: string;
  /** At least one; not looked at. */
  readonly bytes: Uint8Array;
}

/** Room comes back when uploads are deleted or their day is over. */
const RETRY_SECONDS = 60;

/**
 * Keeps pictures for 24 hours, all or none, for {@link openUpload} with the same API key. Free, and nothing is decoded. They are
 * sealed with keys that only their ids give, so that neither the database nor a copy of it holds anything readable.
 * @throws AppError credentials_missing, scope_missing; with retryAfterSeconds upload_share_used where the key has its share of
 * UPLOAD_STORE_MB, overloaded where others have too much for it to begin with
 */
export async function keepUpload(ctx: RequestContext, uploads: readonly NewUpload[]): Promise<void> {
  const actor = requireScope(ctx, "check");
  const pending = uploads.map(({ id, bytes }) => ({ ...uploadSecrets(id), bytes, byteLength: bytes.byteLength }));
  const rooms = pending.map(({ idHash, byteLength }) => ({ idHash, byteLength }));
  const maxBytes = ctx.config.uploadStoreMb * 1024 * 1024;
  const reserved = await reserveUploads(ctx.db, actor.id, rooms, maxBytes);
  if (reserved === "share") throw shareUsed();
  if (reserved === "store") throw storeFull();
  try {
    for (const { idHash, sealingKey, bytes } of pending) {
      if (!(await storeUpload(ctx.db, idHash, seal(sealingKey, bytes)))) throw storeFull();
    }
  } catch (error) {
    const idHashes = rooms.map(({ idHash }) => idHash);
    await undoAfter(ctx, error, "the room of an upload", () => releaseUploads(ctx.db, idHashes));
    throw error;
  }
}

function shareUsed(): AppError {
  return new AppError(
    "upload_share_used",
    "Expected the uploads kept for this API key to take no more room than is left free. Delete some, or wait until their 24 hours are over",
    { retryAfterSeconds: RETRY_SECONDS },
  );
}

function storeFull(): AppError {
  return new AppError(
    "overloaded",
    "Expected room for the image among the uploads that are kept but found too little",
    {
      retryAfterSeconds: RETRY_SECONDS,
    },
  );
}
