import { AppError } from "../errors.ts";
import { type ByteDigests, createDigester } from "../fingerprint/digests.ts";
import { fetchImage } from "../image/fetch-image.ts";
import type { AppContext } from "./context.ts";

/** Largest image taken, in bytes, uploaded or fetched. */
export const MAX_IMAGE_BYTES = 20 * 1024 * 1024;

/** Everything a URL may take, name look-up to last byte, in milliseconds. */
const FETCH_TIMEOUT_MS = 10_000;
const MAX_REDIRECTS = 3;

/** The bytes of one image, at least one, and their digests. */
export interface SentImage extends ByteDigests {
  readonly bytes: Uint8Array;
}

/** An image as a caller gives it: its bytes, or where to fetch them. */
export type ImageSource = SentImage | { readonly url: string };

/**
 * The bytes behind a source; digests run while a URL's bytes arrive.
 * @throws AppError image_empty, url_malformed, url_forbidden, url_unreachable, image_too_many_bytes
 */
export async function loadImage(ctx: AppContext, source: ImageSource): Promise<SentImage> {
  return "url" in source ? await download(ctx, source.url) : source;
}

async function download(ctx: AppContext, url: string): Promise<SentImage> {
  const digester = createDigester();
  const fetched = await fetchImage(url, {
    maxBytes: MAX_IMAGE_BYTES,
    timeoutMs: FETCH_TIMEOUT_MS,
    maxRedirects: MAX_REDIRECTS,
    allowPrivateUrls: ctx.config.allowPrivateUrls,
    onChunk: (chunk) => digester.update(chunk),
  });
  if (fetched.bytes.length === 0) {
    throw new AppError("image_empty", "Expected at least one byte for url but received none", { field: "url" });
  }
  const { sha256, digests } = digester.finish(fetched.bytes);
  return { bytes: fetched.bytes, sha256, digests };
}
