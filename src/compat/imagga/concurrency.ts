/** How many requests of each key are under way in this process. */
export interface Concurrency {
  /** Counts one more of a key until `work` is done. */
  during<Result>(keyId: string, work: () => Promise<Result>): Promise<Result>;
  now(keyId: string): number;
}

export function countConcurrency(): Concurrency {
  const underWay = new Map<string, number>();

  function add(keyId: string, change: number): void {
    const count = (underWay.get(keyId) ?? 0) + change;
    if (count === 0) underWay.delete(keyId);
    else underWay.set(keyId, count);
  }

  return {
    async during(keyId, work) {
      add(keyId, 1);
      try {
        return await work();
      } finally {
        add(keyId, -1);
      }
    },
    now: (keyId) => underWay.get(keyId) ?? 0,
  };
}
