/** What has to be closed at the end, in the order it was opened. */
export interface Closers {
  /** @param name of the part, for the log */
  push(name: string, close: () => Promise<unknown>): void;
  /**
   * Closes everything, the newest first. A part that can't be closed is logged and keeps no other one open; a second call
   * waits for the first.
   * @throws Error at the end, naming the parts that could not be closed
   */
  closeAll(): Promise<void>;
}

export function createClosers(logger: { error(facts: object, message: string): void }): Closers {
  const parts: { readonly name: string; readonly close: () => Promise<unknown> }[] = [];
  let closing: Promise<void> | undefined;

  async function closeEach(): Promise<void> {
    const failures: { readonly name: string; readonly error: unknown }[] = [];
    for (let part = parts.pop(); part !== undefined; part = parts.pop()) {
      try {
        await part.close();
      } catch (error) {
        logger.error({ err: error, part: part.name }, "A part of the service could not be closed");
        failures.push({ name: part.name, error });
      }
    }
    if (failures.length === 0) return;
    throw new Error(`These parts could not be closed: ${failures.map(({ name }) => name).join(", ")}`, {
      cause: failures[0]?.error,
    });
  }

  return {
    push(name, close) {
      parts.push({ name, close });
    },
    closeAll() {
      closing ??= closeEach();
      return closing;
    },
  };
}
