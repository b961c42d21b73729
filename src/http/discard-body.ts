import { IncomingMessage } from "node:http";
import type { Context } from "hono";
import { releaseBody } from "./body-budget.ts";
import { discardRest } from "./discard-rest.ts";

/**
 * Reads what is left of a request's body before it is answered, within the bounds of `discardRest`. For clients that take
 * an answer in the middle of what they send for a failure. What came of the body no longer counts as held.
 */
export async function discardBody(c: Context): Promise<void> {
  const incoming: unknown = c.env?.incoming;
  if (!(incoming instanceof IncomingMessage) || incoming.complete) return;
  releaseBody(c.req.raw);
  await discardRest(incoming);
}
