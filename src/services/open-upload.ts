import { findUpload, readUpload } from "../db/uploads.ts";
import { AppError } from "../errors.ts";
import { digestBytes } from "../fingerprint/digests.ts";
import type { RequestContext } from "./context.ts";
import { fetchCaller } from "./fetch-shares.ts";
import type { SentImage } from "./image-source.ts";
import { requireScope } from "./require-scope.ts";
import { unseal } from "./seal.ts";
import { noSuchUpload, type UploadSecrets, uploadSecrets } from "./upload-secrets.ts";

/** As the database sends them, bytes take so many times their room until they are read. */
const IN_HEX = 2;

/**
 * Runs `use` with the picture that was uploaded under an id with the same API key; any number of times within its 24 hours.
 * Until `use` is done its bytes count among those of fetched images: the database sends them as fast as anybody asks.
 * @throws AppError upload_not_found, also for another key's; upload_gone once it was deleted or its time is over, for 30 days;
 * overloaded; credentials_missing, scope_missing; what `use` throws
 */
export async function openUpload<Result>(
  ctx: RequestContext,
  id: string,
  use: (image: SentImage) => Promise<Result>,
): Promise<Result> {
  const actor = requireScope(ctx, "check");
  const secrets = uploadSecrets(id);
  const known = await findUpload(ctx.db, secrets.idHash, actor.id);
  if (known === null) throw noSuchUpload();
  if (!known.isLive) throw gone();
  return await whileHeld(ctx, known.byteLength, async () => {
    const image = await whileHeld(ctx, IN_HEX * known.byteLength, () => readImage(ctx, secrets));
    return await use(image);
  });
}

async function whileHeld<Result>(ctx: RequestContext, bytes: number, work: () => Promise<Result>): Promise<Result> {
  const part = ctx.fetchShares.begin(fetchCaller(ctx));
  part.endFetch();
  try {
    part.addBytes(bytes);
    return await work();
  } finally {
    part.dropBytes();
  }
}

async function readImage(ctx: RequestContext, { idHash, sealingKey }: UploadSecrets): Promise<SentImage> {
  const sealed = await readUpload(ctx.db, idHash);
  if (sealed === null) throw gone();
  const bytes = unseal(sealingKey, sealed);
  if (bytes === null) throw new Error("An upload was not sealed with the key of its id");
  return { bytes, ...digestBytes(bytes) };
}

function gone(): AppError {
  return new AppError("upload_gone", "Expected an upload of the last 24 hours but received one that is gone");
}
