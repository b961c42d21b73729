import assert from "node:assert/strict";
import { AppError, type ErrorCode } from "../../src/errors.ts";
import { type FetchImageOptions, fetchImage } from "../../src/image/fetch-image.ts";

/** Most bytes the tests of fetching take. */
export const MAX_BYTES = 100_000;

/** Fetches from the loopback, with a deadline that is long enough for any machine. */
export const LOCAL_FETCH: FetchImageOptions = {
  maxBytes: MAX_BYTES,
  timeoutMs: 60_000,
  maxRedirects: 3,
  allowPrivateUrls: true,
};

/** The AppError a fetch fails with, its code and field checked. */
export async function fetchFailure(url: string, options: FetchImageOptions, code: ErrorCode): Promise<AppError> {
  const error: unknown = await fetchImage(url, options).then(
    () => null,
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof AppError, `${url} should fail with an AppError but gave ${error}`);
  assert.equal(error.code, code, `${url}: ${error.message}`);
  assert.equal(error.facts.field, "url");
  return error;
}
