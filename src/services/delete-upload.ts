import { clearUpload } from "../db/uploads.ts";
import type { RequestContext } from "./context.ts";
import { requireScope } from "./require-scope.ts";
import { noSuchUpload, uploadSecrets } from "./upload-secrets.ts";

/**
 * Removes an upload's bytes at once. Idempotent: one that is gone already is no error.
 * @throws AppError upload_not_found, also for another key's; credentials_missing, scope_missing
 */
export async function deleteUpload(ctx: RequestContext, id: string): Promise<void> {
  const actor = requireScope(ctx, "check");
  if (!(await clearUpload(ctx.db, uploadSecrets(id).idHash, actor.id))) throw noSuchUpload();
}
