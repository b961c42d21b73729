import { setImmediate as nextTurn } from "node:timers/promises";
import { ClientAborted } from "../client-aborted.ts";
import { AppError } from "../errors.ts";
import type { Pieces } from "../names/name-matcher.ts";
import type { ClientConnection } from "./context.ts";

/** How long work goes on before others have their turn, in milliseconds; its last piece may take longer. */
const TURN_MS = 5;

/** What work may take in all, and when its present turn began; in milliseconds. */
export interface ComputingTime {
  leftMs: number;
  turnBeganMs: number;
}

/** @param mostMs of all work that this time is given to */
export function computingTime(mostMs: number): ComputingTime {
  return { leftMs: mostMs, turnBeganMs: performance.now() };
}

/**
 * Runs work in pieces, and lets other requests have their turn in between, also where it is one of many short works that
 * share a time.
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
    const spentMs = performance.now() - time.turnBeganMs;
    if (spentMs >= TURN_MS) {
      time.leftMs -= spentMs;
      await nextTurn();
      time.turnBeganMs = performance.now();
      if (client?.destroyed === true) throw new ClientAborted();
    }
    if (time.leftMs <= 0) {
      throw new AppError("overloaded", "Expected names and patterns that are compared in time but received more");
    }
    const piece = work.next();
    if (piece.done === true) return piece.value;
  }
}
