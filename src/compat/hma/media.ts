import type { Context } from "hono";
import type { ReceivedBody, ReceivedImage } from "../../http/read-body.ts";
import { readImageBody } from "../../http/read-body.ts";
import type { AppEnv } from "../../http/request-variables.ts";
import type { ImageUrl } from "../../services/image-source.ts";
import { badRequest } from "./errors.ts";
import { CONTENT_SIGNALS, type ContentType, checkWantedTypes, readContentType } from "./signals.ts";

/** What a request sent to be hashed: an image, or a video, which is known by its bytes only. */
export type Media =
  | { readonly type: "photo"; readonly source: ReceivedImage | ImageUrl }
  | { readonly type: "video"; readonly source: ReceivedImage };

/** Reads a form with one file, whose name says what it is. */
export function readMediaForm(c: Context<AppEnv>): Promise<ReceivedBody> {
  // A second one is told apart from none in HMA's words.
  return readImageBody(c, { imageFields: Object.keys(CONTENT_SIGNALS), anyFile: true, maxImages: 2 });
}

export function isForm(c: Context<AppEnv>): boolean {
  return /^\s*multipart\/form-data\b/i.test(c.req.header("content-type") ?? "");
}

/**
 * The file of a request's form.
 * @throws AppError parameter_invalid in HMA's words; what is wrong with the body
 */
export async function requireUpload(c: Context<AppEnv>): Promise<Media> {
  const [first, ...others] = isForm(c) ? (await readMediaForm(c)).images : [];
  if (first === undefined) throw badRequest("Missing multipart/form-data file upload");
  if (others.length > 0) throw badRequest("Only one file allowed per request");
  const type = readContentType(first.field);
  checkWantedTypes(c.req.query("types"), type);
  return { type, source: first.image };
}

/**
 * The picture behind `url`, which is fetched by whoever uses it.
 * @throws AppError parameter_invalid
 */
export function mediaByUrl(c: Context<AppEnv>, url: string): Media {
  const type: ContentType = readContentType(c.req.query("content_type") || "photo");
  if (type === "video") throw badRequest("content_type video is not fetched by url here, send the file instead");
  checkWantedTypes(c.req.query("types"), type);
  return { type, source: { url } };
}
