import { IncomingMessage } from "node:http";
import type { Context } from "hono";

/**
 * Reads what is left of a request's body and throws it away; holds none of it. For clients that take a connection which is
 * closed on what they still send for a failure, whatever the answer was. Resolves at the body's end, or the connection's.
 */
export function discardBody(c: Context): Promise<void> {
  const incoming: unknown = c.env?.incoming;
  if (!(incoming instanceof IncomingMessage) || incoming.complete || incoming.destroyed) return Promise.resolve();
  return new Promise((resolve) => {
    incoming.once("end", resolve).once("close", resolve).once("error", resolve).resume();
  });
}
