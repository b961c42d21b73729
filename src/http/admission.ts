import type { IncomingMessage, ServerResponse } from "node:http";

/** Which limit a request met. */
export type Refused = "requests" | "bodies";

export interface AdmissionLimits {
  /** Requests that may be worked on at one time. */
  readonly maxRequests: number;
  /** Bytes of bodies that the process may hold at one time. */
  readonly maxBodyBytes: number;
  /** Bytes of bodies that it holds now. */
  heldBodyBytes(): number;
}

/** Decides at a request's first line and headers whether there is room for it. */
export interface Admission {
  /** Requests that are worked on now. */
  readonly working: number;
  /** Counts a request in until its answer is out or its connection has gone; names the limit where it is refused instead. */
  admit(incoming: IncomingMessage, outgoing: ServerResponse): Refused | null;
}

/** What tells an operator how the service is; to be answered also when nothing else is. */
const OPERATIONS = /^\/(?:healthz|readyz|metrics)(?:\?|$)/;
/** Those have a small count of their own, since each asks the database or gathers every metric. */
const MAX_OPERATIONS = 32;

/**
 * A request counts while somebody works on it. While its body is on the way it doesn't: the sender decides how long that
 * takes, and could keep others out by sending slowly. What such requests hold is bounded by the bytes of their bodies and
 * by the number of connections.
 */
export function createAdmission(limits: AdmissionLimits): Admission {
  const general = { working: 0, max: limits.maxRequests };
  const operations = { working: 0, max: MAX_OPERATIONS };

  return {
    get working() {
      return general.working;
    },
    admit(incoming, outgoing) {
      const room = OPERATIONS.test(incoming.url ?? "") ? operations : general;
      if (room.working >= room.max) return "requests";
      const bytes = Number(incoming.headers["content-length"] ?? 0);
      if (bytes > 0 && limits.heldBodyBytes() + bytes > limits.maxBodyBytes) return "bodies";
      let counts = true;
      room.working += 1;
      const count = (now: boolean) => {
        if (counts !== now) room.working += now ? 1 : -1;
        counts = now;
      };
      if (hasBody(incoming)) {
        const onEnd = () => count(true);
        incoming.once("resume", () => count(false)).once("end", onEnd);
        // Whoever stops reading goes on to answer.
        incoming.once("pause", onEnd);
        outgoing.once("close", () => incoming.off("end", onEnd).off("pause", onEnd));
      }
      outgoing.once("close", () => count(false));
      return null;
    },
  };
}

/** True where bytes follow the headers (RFC 9112, section 6). */
export function hasBody({ headers }: IncomingMessage): boolean {
  const length = headers["content-length"];
  return headers["transfer-encoding"] !== undefined || (length !== undefined && length !== "0");
}
