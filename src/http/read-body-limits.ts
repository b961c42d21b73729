import { AppError } from "../errors.ts";

/** Most bytes of request bodies that one process holds at a time, all requests together (256 MiB). */
export const MAX_HELD_BODY_BYTES = 256 * 1024 * 1024;
/** Largest JSON or URL-encoded body, in bytes. */
export const MAX_TEXT_BODY_BYTES = 1024 * 1024;
/** Largest text field of a form, in bytes. */
export const MAX_FIELD_BYTES = 64 * 1024;
/** Most text fields of a form. */
export const MAX_FIELDS = 50;
/** Most values of a JSON body that may be large for the images in it, by the characters that part them. */
export const MAX_LARGE_JSON_PARTS = 100_000;
/** Most file parts of a multipart body, of any name. */
export const MAX_FILES = 4;
/** Bytes a multipart body may have beyond its image: text fields, part headers, boundaries. */
export const MULTIPART_OVERHEAD_BYTES = 4 * 1024 * 1024;

/** @param received the number of bytes that came, or null where reading stopped at the limit */
export function imageTooManyBytes(maxBytes: number, received: number | null): AppError {
  return new AppError(
    "image_too_many_bytes",
    `Expected at most ${maxBytes} bytes for image but received ${received ?? "more"}`,
    { field: "image" },
  );
}

/** @param subject what is too large, as the caller knows it: `body`, or a field's name */
export function bodyTooLarge(subject: string, maxBytes: number, received: number | null): AppError {
  return new AppError(
    "body_too_large",
    `Expected at most ${maxBytes} bytes for ${subject} but received ${received ?? "more"}`,
    subject === "body" ? {} : { field: subject },
  );
}

/** The Content-Length a client declares: good enough to refuse by, never to accept by. Null where there is none. */
export function declaredLength(header: string | undefined): number | null {
  return header !== undefined && /^\d{1,15}$/.test(header) ? Number(header) : null;
}

/** The error of an image part or body without a single byte. */
export function imageEmpty(): AppError {
  return new AppError("image_empty", "Expected at least 1 byte for image but received 0", { field: "image" });
}
