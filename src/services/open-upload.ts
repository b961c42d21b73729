import { findUpload } from "../db/uploads.ts";
import { AppError } from "../errors.ts";
import { digestBytes } from "../fingerprint/digests.ts";
import type { RequestContext } from "./context.ts";
import type { SentImage } from "./image-source.ts";
import { requireScope } from "./require-scope.ts";
import { unseal } from "./seal.ts";
import { noSuchUpload, uploadSecrets } from "./upload-secrets.ts";

/**
 * The picture that was uploaded under an id with the same API key; any number of times within its 24 hours.
 * @throws AppError upload_not_found, also for another key's; upload_gone once it was deleted or its time is over, for 30 days;
 * credentials_missing, scope_missing
 */
export async function openUpload(ctx: RequestContext, id: string): Promise<SentImage> {
  const actor = requireScope(ctx, "check");
  const { idHash, sealingKey } = uploadSecrets(id);
  const kept = await findUpload(ctx.db, idHash, actor.id);
  if (kept === null) throw noSuchUpload();
  if (kept.sealed === null) {
    throw new AppError("upload_gone", "Expected an upload of the last 24 hours but received one that is gone");
  }
  const bytes = unseal(sealingKey, kept.sealed);
  if (bytes === null) throw new Error("An upload was not sealed with the key of its id");
  return { bytes, ...digestBytes(bytes) };
}
