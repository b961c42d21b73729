import { countStaleEntries } from "../db/stale-entries.ts";
import type { AppContext } from "./context.ts";
import { hashVersions } from "./hash-versions.ts";

/**
 * Counts the entries whose hashes are of another version, for the metrics, and says at the first count what to do about
 * them. Once none are left there is nothing more to count: what is added is of the present version.
 */
export function createStaleEntryWatch(): { look(ctx: AppContext): Promise<void> } {
  let counted: number | null = null;
  return {
    async look(ctx) {
      if (counted === 0) return;
      const { entries, incomparable } = await countStaleEntries(ctx.db.patient, hashVersions(ctx));
      ctx.metrics.staleEntries.set({ compared: "true" }, entries - incomparable);
      ctx.metrics.staleEntries.set({ compared: "false" }, incomparable);
      if (counted === null && entries > 0) {
        ctx.logger.warn(
          { staleEntries: entries, noLongerCompared: incomparable },
          "List entries have hashes of another version; those no longer compared match exact copies only. " +
            "Run `lookalike rehash` (docs/operations.md)",
        );
      }
      counted = entries;
    },
  };
}
