import { AppError } from "../errors.ts";
import { digestBytes } from "../fingerprint/digests.ts";
import type { ReceivedImage } from "./read-body.ts";
import { imageEmpty, imageTooManyBytes } from "./read-body-limits.ts";

/** Base64 or its URL-safe form (RFC 4648, sections 4 and 5), padded or not, in lines or in one. */
const BASE64 = /^[A-Za-z0-9+/_-]+={0,2}$/;
const DATA_URL = /^data:[^,]{0,200};base64,/i;

/**
 * An image that came as base64 text, with or without a `data:` URL around it.
 * @param field what the caller calls it
 * @param maxBytes largest image, in bytes
 * @param blank what a blank stands for: `+` where it may be one that a client forgot to escape
 * @throws AppError image_unreadable where the text is no base64; image_empty; image_too_many_bytes
 */
export function receiveBase64(text: string, field: string, maxBytes: number, blank: "" | "+" = ""): ReceivedImage {
  const stripped = stripBlanks(text.replace(DATA_URL, ""), blank);
  if (stripped === "") throw imageEmpty();
  if (Math.floor((stripped.length * 3) / 4) - 2 > maxBytes) throw imageTooManyBytes(maxBytes, null);
  if (!BASE64.test(stripped)) {
    throw new AppError("image_unreadable", `Expected base64 for ${field} but received other text`, { field });
  }
  const bytes = Buffer.from(stripped, "base64");
  if (bytes.length === 0) throw imageEmpty();
  if (bytes.length > maxBytes) throw imageTooManyBytes(maxBytes, bytes.length);
  return { bytes, filename: null, ...digestBytes(bytes) };
}

/**
 * Base64 in one line. In one pass over its bytes, since replacing millions of blanks in a text takes seconds and many times its
 * length. What isn't ASCII becomes other characters that base64 doesn't have.
 */
function stripBlanks(text: string, blank: "" | "+"): string {
  if (!/\s/.test(text)) return text;
  const bytes = Buffer.from(text);
  let length = 0;
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at] ?? 0;
    if (byte === 0x20 && blank !== "") bytes[length++] = 0x2b;
    else if (byte !== 0x20 && (byte < 0x09 || byte > 0x0d)) bytes[length++] = byte;
  }
  return bytes.toString("latin1", 0, length);
}

/**
 * What a part of a form really holds: base64 text in place of an image is decoded, anything else is the image as it is. No
 * format that is read starts with so many characters of base64's.
 */
export function unwrapBase64(image: ReceivedImage, field: string, maxBytes: number): ReceivedImage {
  const start = image.bytes.subarray(0, 128).toString("latin1");
  const isText = /^(data:[^,]{0,100};base64,)?[A-Za-z0-9+/_\-=\s]+$/i.test(start) && image.bytes.length >= 16;
  return isText
    ? { ...receiveBase64(image.bytes.toString("latin1"), field, maxBytes), filename: image.filename }
    : image;
}
