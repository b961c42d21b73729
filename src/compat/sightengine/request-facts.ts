import { randomBase62 } from "../../services/ids.ts";

/** Characters of the vendor's ids behind their prefix. */
const ID_LENGTH = 21;

/** `request` of every answer. */
export interface RequestFacts {
  readonly id: string;
  /** Unix seconds, with microseconds. */
  readonly timestamp: number;
  /** Units that the call was charged; the vendor's: one for each model and image. */
  readonly operations: number;
}

/** @param requestId what the log knows the request by; null where it was refused before it got one */
export function requestFacts(requestId: string | null, operations: number): RequestFacts {
  // The clock counts whole milliseconds; the part below is of the monotonic one.
  const timestamp = Math.round(Date.now() * 1000 + (performance.now() % 1) * 1000) / 1_000_000;
  return { id: requestIdOf(requestId), timestamp, operations };
}

function requestIdOf(requestId: string | null): string {
  if (requestId === null) return `req_${randomBase62(ID_LENGTH)}`;
  return requestId.startsWith("req_") ? requestId : `req_${requestId}`;
}

/** `media` of an answer about an image. */
export interface MediaFacts {
  readonly id: string;
  /** The URL as it was sent, or the name of the file. */
  readonly uri: string;
}

export function mediaFacts(uri: string): MediaFacts {
  return { id: `med_${randomBase62(ID_LENGTH)}`, uri };
}
