import type { Database } from "../db/client.ts";
import { addHashLookUps } from "../db/key-usage.ts";

/** Look-ups per key since the last write. They cost nothing, so a crash may lose the last seconds of this count. */
export interface LookUpCounts {
  add(keyId: string, lookUps: number): void;
  /** Writes what was counted; counts stay for the next time where the database does not answer. */
  flush(db: Database): Promise<void>;
}

export function createLookUpCounts(): LookUpCounts {
  let counts = new Map<string, number>();
  function add(keyId: string, lookUps: number): void {
    counts.set(keyId, (counts.get(keyId) ?? 0) + lookUps);
  }
  return {
    add,
    async flush(db) {
      if (counts.size === 0) return;
      const written = counts;
      counts = new Map();
      try {
        await addHashLookUps(db, written);
      } catch (error) {
        for (const [keyId, lookUps] of written) add(keyId, lookUps);
        throw error;
      }
    },
  };
}
