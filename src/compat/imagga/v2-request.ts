import type { Context } from "hono";
import { AppError } from "../../errors.ts";
import { isOpenForLong, type OpenRequest } from "../../http/middleware/request-context.ts";
import type { AppEnv } from "../../http/request-variables.ts";
import type { ImageSource } from "../../services/image-source.ts";
import { openUpload } from "../../services/open-upload.ts";
import { identify } from "./credentials.ts";
import { readV2Body, sentImages } from "./sent-image.ts";

/** How long the vendor gives an image at a URL to arrive, in milliseconds. */
export const DOWNLOAD_TIMEOUT_MS = 5_000;

/** A request for categories. */
export interface V2Request {
  /** Values of a parameter in the query and the form, the empty ones left out. */
  values(name: string): string[];
  /**
   * Runs `use` with the image.
   * @throws AppError upload_not_found, upload_gone, overloaded; image_unreadable, image_empty, image_too_many_bytes
   */
  withSource<Result>(use: (source: ImageSource) => Promise<Result>): Promise<Result>;
}

/**
 * Reads a request that asks about one image: `image_url` or `image_upload_id`, or in a POST also `image` or `image_base64`. An
 * upload may be called `content` in the query, as v1 has it: the vendor's page on v2 says so too.
 * @throws AppError parameter_invalid where there is none or more than one; what is wrong with the body
 */
export async function readV2Request(c: Context<AppEnv>, open: OpenRequest): Promise<V2Request> {
  const query = new URL(c.req.url).searchParams;
  const body = c.req.method === "POST" ? await readV2Body(c) : null;
  if (isOpenForLong(c)) await identify(c, open);
  const values = (name: string) =>
    [...query.getAll(name), body?.fields[name] ?? ""].map((value) => value.trim()).filter((value) => value !== "");
  const urls = values("image_url").map((url) => ({ name: "image_url", url }));
  const contents = query.getAll("content").map((id) => id.trim());
  const uploads = [...values("image_upload_id"), ...contents.filter((id) => id !== "")].map((uploadId) => ({
    name: "image_upload_id",
    uploadId,
  }));
  const images = body === null ? [] : sentImages(body);
  const given = [...urls, ...uploads, ...images];
  const [image] = given;
  if (image === undefined || given.length > 1) throw notOne(given.map(({ name }) => name));
  return {
    values,
    async withSource(use) {
      if ("uploadId" in image) return await openUpload(c.get("ctx"), image.uploadId, use);
      return await use("url" in image ? { url: image.url, timeoutMs: DOWNLOAD_TIMEOUT_MS } : image.receive());
    },
  };
}

function notOne(given: readonly string[]): AppError {
  const received = given.length === 0 ? "none" : given.join(" and ");
  return new AppError(
    "parameter_invalid",
    `Expected exactly one of image_url, image_upload_id, image and image_base64 but received ${received}`,
  );
}
