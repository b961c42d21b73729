import { AppError, type ErrorCode } from "../errors.ts";

/** What can be wrong with a picture itself, or with where it is said to be. */
export const PICTURE_FAULTS = [
  "image_missing",
  "image_empty",
  "image_unreadable",
  "image_truncated",
  "image_format_unsupported",
  "image_too_many_bytes",
  "image_too_many_pixels",
  "image_too_slow",
  "image_crashed_decoder",
  "url_malformed",
  "url_forbidden",
  "url_unreachable",
] as const satisfies readonly ErrorCode[];

const CODES: ReadonlySet<ErrorCode> = new Set(PICTURE_FAULTS);

/** Whether an error says something of a picture, and nothing of the service or the caller. */
export function isPictureFault(error: unknown): boolean {
  return error instanceof AppError && CODES.has(error.code);
}
