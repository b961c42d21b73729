import { AppError } from "../errors.ts";

const RETRY_SECONDS = 2;

/** Has work under one name done one after the other, in the order it came, in this process. */
export interface Turns {
  /**
   * @param name such as a caller's, who then keeps nobody but themselves waiting
   * @throws AppError overloaded, with retryAfterSeconds, where the turn comes too late; what `work` throws
   */
  take<Result>(name: string, work: () => Promise<Result>): Promise<Result>;
}

/** @param patienceMs how long work may have waited when its turn comes: callers wait for an answer */
export function createTurns(patienceMs: number): Turns {
  const last = new Map<string, Promise<void>>();
  return {
    async take(name, work) {
      const before = last.get(name);
      const turn = before === undefined ? work() : afterwards(before, work, patienceMs);
      const ended = turn.then(
        () => {},
        () => {},
      );
      last.set(name, ended);
      try {
        return await turn;
      } finally {
        if (last.get(name) === ended) last.delete(name);
      }
    },
  };
}

async function afterwards<Result>(before: Promise<void>, work: () => Promise<Result>, patienceMs: number) {
  const sinceMs = performance.now();
  await before;
  if (performance.now() - sinceMs <= patienceMs) return await work();
  throw new AppError(
    "overloaded",
    "Expected fewer requests of this kind from one caller at one time but received more",
    {
      retryAfterSeconds: RETRY_SECONDS,
    },
  );
}
