import { IncomingMessage } from "node:http";
import type { Context } from "hono";

/** How long a client that is refused may pause in sending what it had begun to send, in milliseconds. */
const MAX_PAUSE_MS = 5_000;
/** Most bytes of it. */
const MAX_DISCARDED_BYTES = 64 * 1024 * 1024;

/**
 * Reads what is left of a request's body and keeps nothing of it; resolves at its end, after 64 MiB or after a pause of 5 s. For
 * answers to bodies that were given up on: a connection that is closed on unread bytes is reset, and its client, still sending, would
 * never see the answer.
 */
export function discardBody(c: Context): Promise<void> {
  const incoming: unknown = c.env?.incoming;
  if (!(incoming instanceof IncomingMessage) || incoming.complete || incoming.destroyed) return Promise.resolve();
  return new Promise((resolve) => {
    let discarded = 0;
    const onData = (chunk: Buffer) => {
      timer.refresh();
      discarded += chunk.length;
      if (discarded > MAX_DISCARDED_BYTES) stop();
    };
    const stop = () => {
      clearTimeout(timer);
      incoming.off("data", onData).off("end", stop).off("error", stop).off("close", stop).pause();
      resolve();
    };
    const timer = setTimeout(stop, MAX_PAUSE_MS);
    incoming.on("data", onData).on("end", stop).on("error", stop).on("close", stop).resume();
  });
}
