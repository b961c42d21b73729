import type { Context } from "hono";
import { AppError } from "../../errors.ts";
import { receiveBase64, unwrapBase64 } from "../../http/base64-image.ts";
import { isOpenForLong, type OpenRequest } from "../../http/middleware/request-context.ts";
import { type ReceivedBody, readImageBody } from "../../http/read-body.ts";
import { bodyTooLarge, imageTooManyBytes, MAX_FIELD_BYTES } from "../../http/read-body-limits.ts";
import type { ReceivedImage } from "../../http/received-image.ts";
import type { AppEnv } from "../../http/request-variables.ts";
import type { ImageUrl } from "../../services/image-source.ts";
import { joinParameters, type Parameters } from "./parameters.ts";

/** "Image too big, should be less than 12 megabytes", sent or fetched. */
const MAX_MEDIA_BYTES = 12 * 1024 * 1024 - 1;
/** A URL-encoded form with such an image in base64, and room for its lines and percent signs. */
const MAX_FORM_BYTES = 20 * 1024 * 1024;
const NAMELESS = "media";

/** What a call was sent, by a caller who was recognised. */
export interface Call {
  readonly parameters: Parameters;
  /** The form's `media` as it came; null where there was none. */
  readonly media: ReceivedImage | null;
}

/** The image of a call. */
export interface CallImage {
  readonly source: ReceivedImage | ImageUrl;
  /** The URL as it was sent, or the file's name; `media` where it had none. */
  readonly uri: string;
}

/**
 * Reads a call: its parameters from query and form, and who asks. Keys in the query are looked at before the body is read,
 * keys in the form as soon as it was; both before any argument.
 * @param mediaFields names of form parts that are kept as the image
 * @throws AppError credentials_missing, credentials_invalid, credentials_throttled; what is wrong with the body
 */
export async function readCall(
  c: Context<AppEnv>,
  open: OpenRequest,
  mediaFields: readonly string[] = ["media"],
): Promise<Call> {
  const query = [...new URLSearchParams(/\?(.*)$/s.exec(c.req.url)?.[1] ?? "")];
  const early = joinParameters(query).credential();
  if (early !== null) await open(c, early);
  const body = c.req.method === "GET" && !hasForm(c) ? null : await readForm(c, mediaFields);
  const parameters = joinParameters(query, Object.entries(body?.fields ?? {}));
  const credential = parameters.credential();
  if (credential === null) {
    throw new AppError("credentials_missing", "Expected api_user and api_secret but received none or one of them");
  }
  if (early === null || isOpenForLong(c)) await open(c, credential);
  return { parameters, media: body?.image ?? null };
}

/** `curl -X GET -F ...` sends its form with a GET. A content type alone, without a body, is only a client's habit. */
function hasForm(c: Context): boolean {
  const isForm = /^(multipart\/form-data|application\/x-www-form-urlencoded)\b/i.test(
    c.req.header("content-type") ?? "",
  );
  const length = c.req.header("content-length") ?? (c.req.header("transfer-encoding") === undefined ? "0" : "");
  return isForm && length !== "0";
}

async function readForm(c: Context<AppEnv>, imageFields: readonly string[]): Promise<ReceivedBody> {
  const body = await readImageBody(c, { imageFields, maxTextBytes: MAX_FORM_BYTES });
  if (body.kind === "json") {
    throw new AppError("content_type_unsupported", "Expected a form for body but received JSON");
  }
  // The room of a URL-encoded form is for the image; everything else is as long as a multipart form lets it be.
  for (const [name, value] of Object.entries(body.fields)) {
    const length = Buffer.byteLength(value);
    if (length > MAX_FIELD_BYTES && !imageFields.includes(name)) throw bodyTooLarge(name, MAX_FIELD_BYTES, length);
  }
  return body;
}

/**
 * The one image of a call: the form's `media` as bytes or in base64, or a `url`.
 * @throws AppError image_missing; parameter_invalid where there are two; image_too_many_bytes, image_unreadable
 */
export function requireCallImage({ parameters, media }: Call): CallImage {
  const url = parameters.get("url");
  const text = parameters.get("media");
  if ([url, text, media ?? undefined].filter((given) => given !== undefined).length > 1) {
    throw new AppError("parameter_invalid", "Expected either media or url but received both", { field: "media" });
  }
  if (url !== undefined) return { source: { url, maxBytes: MAX_MEDIA_BYTES }, uri: url };
  if (media !== null) {
    const image = unwrapBase64(media, "media", MAX_MEDIA_BYTES);
    if (image.bytes.length > MAX_MEDIA_BYTES) throw imageTooManyBytes(MAX_MEDIA_BYTES, image.bytes.length);
    return { source: image, uri: image.filename ?? NAMELESS };
  }
  if (text !== undefined) {
    // A plus sign that was not escaped in a form arrives as a blank.
    const source = receiveBase64(text, "media", MAX_MEDIA_BYTES, "+");
    return { source, uri: NAMELESS };
  }
  throw new AppError("image_missing", "Expected media or url but received neither", { field: "media" });
}
