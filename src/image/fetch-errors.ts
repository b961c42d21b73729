import { AppError } from "../errors.ts";

/** A url_malformed error; `received` says what was wrong with the caller's text without repeating it. */
export function urlMalformed(received: string): AppError {
  return new AppError("url_malformed", `Expected an http or https URL for url but received ${received}`, {
    field: "url",
  });
}

/** A url_forbidden error; `received` names no address, so that look-ups of inside names tell nothing. */
export function urlForbidden(expected: string, received: string, cause?: unknown): AppError {
  return new AppError(
    "url_forbidden",
    `Expected ${expected} for url but received ${received}`,
    { field: "url" },
    { cause },
  );
}

/** A url_unreachable error about what the server did, in words that hold nothing it sent. */
export function urlUnreachable(received: string, cause?: unknown): AppError {
  return new AppError("url_unreachable", `Expected an image at url but ${received}`, { field: "url" }, { cause });
}

/** An image_too_many_bytes error for a body over `maxBytes` bytes. */
export function urlTooManyBytes(maxBytes: number): AppError {
  return new AppError(
    "image_too_many_bytes",
    `Expected at most ${maxBytes} bytes for the image at url but received more`,
    { field: "url" },
  );
}

/** Keeps the late `error` event of a closed stream from ending the process; what it means showed in an await already. */
export function ignoreLateError(): void {}
