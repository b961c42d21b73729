import { AppError } from "../../errors.ts";
import type { ImagePlace } from "../../services/check-images.ts";
import { DOWNLOAD_TIMEOUT_MS } from "./v2-request.ts";

/** Most images of one request, as the vendor's page says. */
const MAX_IMAGES = 10;

/** One image as the client named it, and where it is. */
export interface V1Image {
  readonly image: string;
  readonly place: ImagePlace;
}

/**
 * The images that a request of v1 asks about: `url` and `content`, each any number of times, in their order.
 * @throws AppError parameter_invalid where there is none, or more than ten
 */
export function readV1Images(query: URLSearchParams): V1Image[] {
  const images: V1Image[] = [];
  for (const [name, value] of query) {
    const image = value.trim();
    if (image === "") continue;
    if (name === "url") images.push({ image, place: { url: image, timeoutMs: DOWNLOAD_TIMEOUT_MS } });
    if (name === "content") images.push({ image, place: { uploadId: image } });
  }
  if (images.length === 0 || images.length > MAX_IMAGES) {
    throw new AppError(
      "parameter_invalid",
      `Expected 1 to ${MAX_IMAGES} images for url and content but received ${images.length}`,
    );
  }
  return images;
}
