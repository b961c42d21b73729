import { createHash } from "node:crypto";
import type { Context } from "hono";
import { AppError } from "../errors.ts";
import { MAX_IMAGE_BYTES } from "../services/image-source.ts";
import { type NamedImage, readMultipart } from "./read-body-multipart.ts";
import { readRawImage } from "./read-body-raw.ts";
import {
  decodeUtf8,
  newFields,
  parseJson,
  parseUrlEncoded,
  RAW_IMAGE_HINT,
  readSmallBody,
  requireFewParts,
} from "./read-body-text.ts";
import type { ReceivedImage } from "./received-image.ts";

export type { ReceivedImage };

export interface ReceivedBody {
  /** `image` where the image came, `json` for a JSON body, `form` for fields alone or no body at all. */
  readonly kind: "image" | "json" | "form";
  readonly image: ReceivedImage | null;
  /** Every image of a form in the order they came; `image` is the first of them. */
  readonly images: readonly NamedImage[];
  /** Text fields of a form by name, each at most 64 KiB; empty for the other kinds. */
  readonly fields: Readonly<Record<string, string>>;
  /** The parsed value of a JSON body, undefined for the other kinds. */
  readonly json: unknown;
  /** Names of the file parts that were passed over because no image goes by that name. */
  readonly otherFiles: readonly string[];
  /**
   * SHA-256 over what was sent, 64 hex digits: fields sorted by name and the image's bytes, or the bytes of the JSON. The
   * same form sent again with another multipart boundary has the same digest.
   */
  readonly digest: string;
}

export interface ReadBodyOptions {
  /** Largest image in bytes; 20 MiB where not given. */
  readonly maxImageBytes?: number;
  /** Names of the multipart part that carries the image; `image` where not given. */
  readonly imageFields?: readonly string[];
  /** Whether every part with a file name is an image, whatever its name. */
  readonly anyFile?: boolean;
  /** Most images in one form; 1 where not given. */
  readonly maxImages?: number;
  /** Names of text fields that may come several times in a form: they are given joined by commas. */
  readonly listFields?: readonly string[];
  /** Largest JSON or URL-encoded body, and field of the latter, in bytes, for surfaces whose images come as base64 text. */
  readonly maxTextBytes?: number;
  /** Whether a body of a content type that is neither a form nor JSON is taken as the image itself. */
  readonly rawOfAnyType?: boolean;
  /** Whether JSON (at most 1 MiB) or nothing is taken, whatever the content type says. */
  readonly jsonOnly?: boolean;
}

const received = new WeakMap<Request, Promise<ReceivedBody>>();

/**
 * Reads the body of a request that may carry an image: multipart/form-data with an `image` part, the image itself
 * (`image/*`, application/octet-stream), JSON (at most 1 MiB), or a URL-encoded form (at most 1 MiB). The body is read
 * once; later calls for the same request share the answer, whatever their options. JSON stays readable by `c.req.json()`.
 *
 * @throws AppError image_too_many_bytes, image_empty, body_too_large, body_malformed, content_type_unsupported, overloaded
 * @throws ClientAborted
 */
export function readImageBody(c: Context, options: ReadBodyOptions = {}): Promise<ReceivedBody> {
  const request = c.req.raw;
  const known = received.get(request);
  if (known !== undefined) return known;
  const reading = readBody(c, options);
  received.set(request, reading);
  return reading;
}

/**
 * The image of a body that must have one.
 * @throws AppError image_missing
 */
export function requireImage(body: ReceivedBody): ReceivedImage {
  if (body.image !== null) return body.image;
  const others = body.otherFiles.map((name) => `a file called ${name.slice(0, 60)}`);
  throw new AppError(
    "image_missing",
    `Expected a file, raw bytes or a url for image but received ${others.length === 0 ? "none" : others.join(", ")}`,
    { field: "image" },
  );
}

async function readBody(c: Context, options: ReadBodyOptions): Promise<ReceivedBody> {
  const encoding = c.req.header("content-encoding");
  if (encoding !== undefined && encoding.toLowerCase() !== "identity") {
    throw new AppError(
      "content_type_unsupported",
      `Expected no Content-Encoding for body but received ${quote(encoding)}`,
    );
  }
  const maxBytes = options.maxImageBytes ?? MAX_IMAGE_BYTES;
  const header = c.req.header("content-type") ?? "";
  const type = mediaType(header);
  if (options.jsonOnly === true) return await readJsonOrNothing(c, type);
  if (type === "multipart/form-data") {
    const { imageFields = ["image"], anyFile = false, maxImages = 1, listFields = [] } = options;
    const body = await readMultipart(c, header, { maxBytes, fields: imageFields, anyFile, maxImages, listFields });
    return formBody(body.images, body.fields, body.otherFiles);
  }
  if (type.startsWith("image/") || type === "application/octet-stream") return await rawBody(c, maxBytes);
  const { maxTextBytes } = options;
  if (isJson(type)) return jsonBody(c, await readSmallBody(c, RAW_IMAGE_HINT, maxTextBytes));
  if (type === "application/x-www-form-urlencoded") {
    const bytes = await readSmallBody(c, RAW_IMAGE_HINT, maxTextBytes);
    return formBody([], parseUrlEncoded(bytes, maxTextBytes, options.listFields), []);
  }
  if (options.rawOfAnyType === true) return await rawBody(c, maxBytes);
  if (type === "" && (await readSmallBody(c)).length === 0) return formBody([], newFields(), []);
  throw new AppError(
    "content_type_unsupported",
    "Expected the content type multipart/form-data, image/*, application/octet-stream, application/json or " +
      `application/x-www-form-urlencoded for body but received ${type === "" ? "none" : quote(type)}`,
  );
}

async function readJsonOrNothing(c: Context, type: string): Promise<ReceivedBody> {
  const bytes = await readSmallBody(c, null);
  if (isJson(type)) return jsonBody(c, bytes);
  if (bytes.length === 0) return formBody([], newFields(), []);
  throw new AppError(
    "content_type_unsupported",
    `Expected the content type application/json for body but received ${type === "" ? "none" : quote(type)}`,
  );
}

/** `Image/PNG; x=y` -> `image/png`. */
function mediaType(contentType: string): string {
  return (contentType.split(";", 1)[0] ?? "").trim().toLowerCase();
}

function isJson(type: string): boolean {
  return /^application\/([\w.-]+\+)?json$/.test(type);
}

async function rawBody(c: Context, maxBytes: number): Promise<ReceivedBody> {
  return formBody([{ field: "image", image: await readRawImage(c, maxBytes) }], newFields(), []);
}

function formBody(
  images: readonly NamedImage[],
  fields: Record<string, string>,
  otherFiles: readonly string[],
): ReceivedBody {
  const sorted = Object.entries(fields).sort(([a], [b]) => (a < b ? -1 : 1));
  const image = images[0]?.image ?? null;
  const digest = sha256(
    JSON.stringify([sorted, ...(image === null ? [null] : images.map((each) => each.image.sha256))]),
  );
  return { kind: image === null ? "form" : "image", image, images, fields, json: undefined, otherFiles, digest };
}

function jsonBody(c: Context, bytes: Buffer): ReceivedBody {
  requireFewParts(bytes);
  const text = decodeUtf8(bytes);
  const json = parseJson(text);
  // hono keeps promises here, though its types say otherwise; what validates JSON later reads this instead of the stream.
  Object.assign(c.req.bodyCache, { text: Promise.resolve(text) });
  return { kind: "json", image: null, images: [], fields: newFields(), json, otherFiles: [], digest: sha256(bytes) };
}

function sha256(data: string | Buffer): string {
  return createHash("sha256").update(data).digest("hex");
}

/** A client's header value for a message: short, and without anything that could break a line. */
function quote(value: string): string {
  return JSON.stringify(value.slice(0, 80));
}
