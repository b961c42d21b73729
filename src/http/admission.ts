import type { IncomingMessage, ServerResponse } from "node:http";

/** Which limit a request met. */
export type Refused = "requests" | "bodies";

export interface AdmissionLimits {
  /** Requests that may be under way at one time. */
  readonly maxRequests: number;
  /** Makes room for so many bytes of a body; false where there is none. */
  makeBodyRoom(bytes: number): boolean;
}

/** Decides at a request's first line and headers whether there is room for it. */
export interface Admission {
  /** Requests under way, without those that wait for a slow sender. */
  readonly underWay: number;
  /** Counts a request in until its answer is out or its connection has gone; names the limit where it is refused instead. */
  admit(incoming: IncomingMessage, outgoing: ServerResponse): Refused | null;
}

/** What tells an operator how the service is; to be answered also when nothing else is. */
const OPERATIONS = /^\/(?:healthz|readyz|metrics)(?:\?|$)/;
/** Those have a small count of their own, since each asks the database or gathers every metric. */
const MAX_OPERATIONS = 32;
/** How often bodies on their way are looked at, in milliseconds. */
const LOOK_EVERY_MS = 250;
/** A sender of fewer bytes than this between two looks is slow (64 KiB a second). */
const SLOW_BYTES = 16 * 1024;

/** A request whose body is on its way. */
interface Arriving {
  readonly incoming: IncomingMessage;
  /** Of its connection, at the last look; null before the first. */
  bytesRead: number | null;
  count(now: boolean): void;
}

/**
 * A request counts from its headers to the end of its answer, but for the time in which its sender is slow with the body: it
 * takes nothing then but the bytes that have come, which have a limit of their own, and a connection; and it could keep
 * others out by sending slowly.
 */
export function createAdmission(limits: AdmissionLimits): Admission {
  const general = { underWay: 0, max: limits.maxRequests };
  const operations = { underWay: 0, max: MAX_OPERATIONS };
  const arriving = new Set<Arriving>();
  let isLooking = false;

  function lookAtAll(): void {
    for (const body of arriving) {
      const { incoming, bytesRead } = body;
      const now = incoming.socket.bytesRead;
      const isSlow = bytesRead !== null && now - bytesRead < SLOW_BYTES && incoming.readableFlowing === true;
      body.bytesRead = now;
      body.count(incoming.complete || !isSlow);
      if (incoming.complete) arriving.delete(body);
    }
    isLooking = false;
    if (arriving.size > 0) lookSoon();
  }

  function lookSoon(): void {
    if (isLooking) return;
    isLooking = true;
    setTimeout(lookAtAll, LOOK_EVERY_MS).unref();
  }

  return {
    get underWay() {
      return general.underWay;
    },
    admit(incoming, outgoing) {
      const room = OPERATIONS.test(incoming.url ?? "") ? operations : general;
      if (room.underWay >= room.max) return "requests";
      const bytes = Number(incoming.headers["content-length"] ?? 0);
      if (bytes > 0 && !limits.makeBodyRoom(bytes)) return "bodies";
      let counts = false;
      const count = (now: boolean) => {
        if (counts !== now) room.underWay += now ? 1 : -1;
        counts = now;
      };
      count(true);
      const body = hasBody(incoming) ? { incoming, bytesRead: null, count } : null;
      if (body !== null) {
        arriving.add(body);
        lookSoon();
        incoming.once("end", () => {
          if (arriving.delete(body)) count(true);
        });
      }
      outgoing.once("close", () => {
        if (body !== null) arriving.delete(body);
        count(false);
      });
      return null;
    },
  };
}

/** True where bytes follow the headers (RFC 9112, section 6). */
export function hasBody({ headers }: IncomingMessage): boolean {
  const length = headers["content-length"];
  return headers["transfer-encoding"] !== undefined || (length !== undefined && length !== "0");
}
