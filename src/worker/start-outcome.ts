/** The one-time answer to "can the workers start?". */
export interface StartOutcome {
  /** Rejects with `error`. */
  readonly done: Promise<void>;
  readonly error: Error | null;
  succeed(): void;
  fail(error: Error): void;
}

export function createStartOutcome(): StartOutcome {
  let error: Error | null = null;
  let succeed = (): void => {};
  let reject = (_error: Error): void => {};
  const done = new Promise<void>((resolveDone, rejectDone) => {
    succeed = resolveDone;
    reject = rejectDone;
  });
  // A failed start must not count as an unhandled rejection where nobody waits for it.
  done.catch(() => {});
  return {
    done,
    get error() {
      return error;
    },
    succeed,
    fail(cause) {
      error = cause;
      reject(cause);
    },
  };
}
