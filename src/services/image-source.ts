import { AppError } from "../errors.ts";
import { type ByteDigests, createDigester } from "../fingerprint/digests.ts";
import { fetchImage } from "../image/fetch-image.ts";
import type { AppContext } from "./context.ts";
import type { FetchPart } from "./fetch-shares.ts";

/** Largest image taken, in bytes, uploaded or fetched. */
export const MAX_IMAGE_BYTES = 20 * 1024 * 1024;

/** Everything a URL may take, name look-up to last byte, in milliseconds. */
const FETCH_TIMEOUT_MS = 10_000;
const MAX_REDIRECTS = 3;

/** The bytes of one image, at least one, and their digests. */
export interface SentImage extends ByteDigests {
  readonly bytes: Uint8Array;
}

/** Where to fetch an image, and limits tighter than the service's own where a surface promises them. */
export interface ImageUrl {
  readonly url: string;
  readonly maxBytes?: number;
  readonly timeoutMs?: number;
}

/** An image as a caller gives it: its bytes, or where to fetch them. */
export type ImageSource = SentImage | ImageUrl;

/**
 * Runs `use` with the bytes behind a source. Digests run while a URL's bytes arrive, and those count among the bytes of
 * fetched images until `use` is done.
 * @param caller whose share of all fetches a URL takes, by any name that tells callers apart
 * @throws AppError image_empty, url_malformed, url_forbidden, url_unreachable, image_too_many_bytes, overloaded; what `use`
 * throws
 */
export async function withImage<Result>(
  ctx: AppContext,
  source: ImageSource,
  caller: string,
  use: (image: SentImage) => Promise<Result>,
): Promise<Result> {
  if (!("url" in source)) return await use(source);
  const part = ctx.fetchShares.begin(caller);
  try {
    const image = await download(ctx, source, part);
    part.endFetch();
    return await use(image);
  } finally {
    part.endFetch();
    part.dropBytes();
  }
}

async function download(
  ctx: AppContext,
  { url, maxBytes = MAX_IMAGE_BYTES, timeoutMs = FETCH_TIMEOUT_MS }: ImageUrl,
  part: FetchPart,
): Promise<SentImage> {
  const digester = createDigester();
  const { bytes } = await fetchImage(url, {
    maxBytes,
    timeoutMs,
    maxRedirects: MAX_REDIRECTS,
    allowPrivateUrls: ctx.config.allowPrivateUrls,
    onChunk: (chunk) => {
      part.addBytes(chunk.length);
      digester.update(chunk);
    },
  });
  if (bytes.length === 0) {
    throw new AppError("image_empty", "Expected at least one byte for url but received none", { field: "url" });
  }
  const { sha256, digests } = digester.finish(bytes);
  return { bytes, sha256, digests };
}
