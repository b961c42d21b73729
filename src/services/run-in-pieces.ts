import { setImmediate as nextTurn } from "node:timers/promises";
import { ClientAborted } from "../client-aborted.ts";
import { AppError } from "../errors.ts";
import type { Pieces } from "../names/name-matcher.ts";
import type { ClientConnection } from "./context.ts";

/** How long work goes on before others have their turn, in milliseconds; its last piece may take longer. */
const SLICE_MS = 5;

/** What may be computed, counted down while it is. */
export interface ComputingTime {
  leftMs: number;
}

/**
 * Runs work in pieces, and lets other requests have their turn in between.
 * @param client whose work it is; null where nobody's leaving ends it
 * @throws AppError overloaded where the time is used up
 * @throws ClientAborted
 */
export async function runInPieces<Result>(
  work: Pieces<Result>,
  time: ComputingTime,
  client: ClientConnection | null,
): Promise<Result> {
  for (;;) {
    const beganMs = performance.now();
    for (let spentMs = 0; spentMs < SLICE_MS; spentMs = performance.now() - beganMs) {
      const piece = work.next();
      if (piece.done === true) {
        time.leftMs -= performance.now() - beganMs;
        return piece.value;
      }
    }
    time.leftMs -= performance.now() - beganMs;
    if (time.leftMs <= 0) {
      throw new AppError("overloaded", "Expected names and patterns that are compared in time but received more");
    }
    await nextTurn();
    if (client?.destroyed === true) throw new ClientAborted();
  }
}
