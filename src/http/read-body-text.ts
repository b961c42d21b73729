import type { Context } from "hono";
import { AppError } from "../errors.ts";
import { readChunks } from "./read-body-chunks.ts";
import {
  bodyTooLarge,
  declaredLength,
  MAX_FIELD_BYTES,
  MAX_FIELDS,
  MAX_LARGE_JSON_PARTS,
  MAX_TEXT_BODY_BYTES,
} from "./read-body-limits.ts";

/** For those who send an image as the body and leave the content type to curl. */
export const RAW_IMAGE_HINT = "an image sent as the body needs the content type image/* or application/octet-stream";

/**
 * Reads a body of at most `maxBytes`.
 * @param hint what to add to a refusal, for those who meant another kind of body
 * @throws AppError body_too_large
 */
export async function readSmallBody(
  c: Context,
  hint: string | null = RAW_IMAGE_HINT,
  maxBytes = MAX_TEXT_BODY_BYTES,
): Promise<Buffer> {
  const declared = declaredLength(c.req.header("content-length"));
  if (declared !== null && declared > maxBytes) throw textTooLarge(declared, hint, maxBytes);
  const chunks: Buffer[] = [];
  let length = 0;
  await readChunks(c, (chunk) => {
    length += chunk.length;
    if (length > maxBytes) throw textTooLarge(null, hint, maxBytes);
    chunks.push(chunk);
  });
  return Buffer.concat(chunks, length);
}

/**
 * Text of a body in UTF-8, the only encoding JSON and URL-encoded forms have.
 * @throws AppError body_malformed
 */
export function decodeUtf8(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new AppError("body_malformed", `Expected UTF-8 text for body but received ${bytes.length} other bytes`);
  }
}

/**
 * Refuses a JSON body that is large for anything but a few long strings, since taking millions of values apart would hold up
 * everybody for seconds, and take many times their bytes.
 * @throws AppError body_too_large
 */
export function requireFewParts(bytes: Buffer): void {
  if (bytes.length <= MAX_TEXT_BODY_BYTES || !hasMoreThan(bytes, [",", "[", "{"], MAX_LARGE_JSON_PARTS)) return;
  throw new AppError("body_too_large", `Expected at most ${MAX_LARGE_JSON_PARTS} values for body but received more`);
}

/**
 * Parses JSON (RFC 8259).
 * @throws AppError body_malformed
 */
export function parseJson(text: string): unknown {
  if (text.trim() === "") throw new AppError("body_malformed", "Expected JSON for body but received no bytes");
  try {
    return JSON.parse(text);
  } catch (cause) {
    const position = cause instanceof Error ? /at position \d+/.exec(cause.message)?.[0] : undefined;
    const where = position === undefined ? "that ends too early or is not JSON" : `that is not JSON ${position}`;
    throw new AppError("body_malformed", `Expected JSON for body but received text ${where}`, {}, { cause });
  }
}

/**
 * Parses application/x-www-form-urlencoded (WHATWG URL, section 5.1).
 * @param maxFieldBytes the largest value, in bytes
 * @param listFields as {@link addField} has them
 * @throws AppError body_malformed for a name that comes twice, body_too_large, content_type_unsupported for raw bytes
 */
export function parseUrlEncoded(
  bytes: Buffer,
  maxFieldBytes = MAX_FIELD_BYTES,
  listFields: readonly string[] = [],
): Record<string, string> {
  if (looksBinary(bytes)) {
    throw new AppError(
      "content_type_unsupported",
      `Expected form fields for body but received bytes; ${RAW_IMAGE_HINT}`,
    );
  }
  // Before they are taken apart, which for millions would hold up everybody.
  if (hasMoreThan(bytes, ["&"], MAX_FIELDS)) throw tooManyFields();
  const fields = newFields();
  let count = 0;
  for (const [name, value] of new URLSearchParams(decodeUtf8(withBlanks(bytes)))) {
    if (++count > MAX_FIELDS) throw tooManyFields();
    if (Buffer.byteLength(value) > maxFieldBytes) throw bodyTooLarge(name, maxFieldBytes, null);
    addField(fields, name, value, listFields);
  }
  return fields;
}

function textTooLarge(received: number | null, hint: string | null, maxBytes: number): AppError {
  const error = bodyTooLarge("body", maxBytes, received);
  return hint === null ? error : new AppError("body_too_large", `${error.message}; ${hint}`);
}

/** Fields by name; without a prototype, so that a field called `__proto__` is a field like any other. */
export function newFields(): Record<string, string> {
  return Object.create(null);
}

/**
 * @param listFields names that may come several times: their values are joined by commas
 * @throws AppError body_malformed where another is there already: which of two values counts must not be a guess
 */
export function addField(
  fields: Record<string, string>,
  name: string,
  value: string,
  listFields: readonly string[] = [],
): void {
  const before = Object.hasOwn(fields, name) ? fields[name] : undefined;
  if (before !== undefined && !listFields.includes(name)) {
    throw new AppError("body_malformed", `Expected one value for ${name} but received two`, { field: name });
  }
  fields[name] = before === undefined ? value : `${before},${value}`;
}

export function tooManyFields(): AppError {
  return new AppError("body_too_large", `Expected at most ${MAX_FIELDS} fields for body but received more`);
}

/** With a blank for every `+`, which it means: the parser takes seconds over millions of them, and many times their bytes. */
function withBlanks(bytes: Buffer): Buffer {
  if (!bytes.includes("+")) return bytes;
  const blanked = Buffer.from(bytes);
  for (let at = 0; at < blanked.length; at++) if (blanked[at] === 0x2b) blanked[at] = 0x20;
  return blanked;
}

function hasMoreThan(bytes: Buffer, characters: readonly string[], most: number): boolean {
  let count = 0;
  for (const character of characters) {
    for (let at = bytes.indexOf(character); at !== -1; at = bytes.indexOf(character, at + 1)) {
      if (++count > most) return true;
    }
  }
  return false;
}

/** What every image format starts with, and no form does: a control character among the first bytes. */
function looksBinary(bytes: Buffer): boolean {
  return bytes.subarray(0, 16).some((byte) => byte < 0x20 && byte !== 0x09 && byte !== 0x0a && byte !== 0x0d);
}
