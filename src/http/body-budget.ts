import { AppError } from "../errors.ts";
import { MAX_HELD_BODY_BYTES } from "./read-body-limits.ts";

const RETRY_SECONDS = 2;

const heldFor = new WeakMap<Request, number>();
let held = 0;

/** Bytes of request bodies that this process holds at the moment. */
export function heldBodyBytes(): number {
  return held;
}

/**
 * Counts bytes of a body that have arrived, until `releaseBody`.
 * @throws AppError overloaded where all requests together would hold more than MAX_HELD_BODY_BYTES
 */
export function holdBodyBytes(request: Request, bytes: number): void {
  if (held + bytes > MAX_HELD_BODY_BYTES) {
    throw new AppError("overloaded", "Expected fewer bytes in uploads at one time but received more", {
      retryAfterSeconds: RETRY_SECONDS,
    });
  }
  held += bytes;
  heldFor.set(request, (heldFor.get(request) ?? 0) + bytes);
}

/** Ends the count of a request's body. */
export function releaseBody(request: Request): void {
  held -= heldFor.get(request) ?? 0;
  heldFor.delete(request);
}
