import type { AppError } from "../errors.ts";

/** Where an error of status 503 doesn't say. */
const DEFAULT_SECONDS = 2;

/**
 * Whole seconds to wait before another try, as Retry-After has them; undefined where waiting doesn't help.
 * @param status the answer's
 */
export function retryAfterSeconds({ facts }: AppError, status: number): number | undefined {
  const seconds = facts.retryAfterSeconds ?? (status === 503 ? DEFAULT_SECONDS : undefined);
  return seconds === undefined ? undefined : Math.max(0, Math.ceil(seconds));
}

/**
 * The same as a header (RFC 9110, section 10.2.3), or none.
 * @param status the answer's
 */
export function retryAfterHeader(error: AppError, status: number): Readonly<Record<string, string>> {
  const seconds = retryAfterSeconds(error, status);
  return seconds === undefined ? {} : { "Retry-After": String(seconds) };
}
