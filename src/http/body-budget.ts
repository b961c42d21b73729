import { AppError } from "../errors.ts";
import { MAX_HELD_BODY_BYTES } from "./read-body-limits.ts";

const RETRY_SECONDS = 2;
/** Ms that a body may be on its way while others wait for room. */
const PATIENCE_MS = 10_000;

const heldFor = new WeakMap<Request, number>();
let held = 0;

/** A body on its way. */
interface Arrival {
  readonly request: Request;
  readonly sinceMs: number;
  cut(error: AppError): void;
}

/** In the order in which they began. */
const arrivals = new Set<Arrival>();

/** Bytes of request bodies that this process holds at the moment. */
export function heldBodyBytes(): number {
  return held;
}

/**
 * Notes that a body is on its way; `cut` is called, once at most, where it takes longer than 10 s and others wait for its
 * room. Otherwise a few who send slowly could keep all of it for as long as a request may take.
 * @returns what ends the note
 */
export function noteArrival(request: Request, cut: (error: AppError) => void): () => void {
  const arrival = { request, sinceMs: performance.now(), cut };
  arrivals.add(arrival);
  return () => arrivals.delete(arrival);
}

/** Makes room for so many bytes more by cutting off bodies that take long, the oldest first; false where that isn't enough. */
export function makeBodyRoom(bytes: number): boolean {
  for (const arrival of arrivals) {
    if (held + bytes <= MAX_HELD_BODY_BYTES) return true;
    if (performance.now() - arrival.sinceMs < PATIENCE_MS) break;
    arrivals.delete(arrival);
    releaseBody(arrival.request);
    arrival.cut(
      new AppError("request_timeout", `Expected the body within ${PATIENCE_MS} ms while others wait to send theirs`),
    );
  }
  return held + bytes <= MAX_HELD_BODY_BYTES;
}

/**
 * Counts bytes of a body that have arrived, until `releaseBody`.
 * @throws AppError overloaded where all requests together would hold more than MAX_HELD_BODY_BYTES
 */
export function holdBodyBytes(request: Request, bytes: number): void {
  if (!makeBodyRoom(bytes)) {
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
