import type { Database } from "./client.ts";

/** How long changes are kept for processes that stood still; one that was away for longer loads everything anew. */
const KEPT_MS = 10 * 60_000;

/** Forgets changes that nobody follows any more. */
export interface ChangePruning {
  /** Call every minute or so; returns how many changes were forgotten. */
  prune(db: Database): Promise<number>;
}

/**
 * Every transaction below a snapshot's xmin had ended when it was taken; once that is long enough ago, every process
 * that lives has seen them. A `pruned` row takes their place: one that has not must load anew.
 * @param now milliseconds, of a clock that never goes back
 */
export function createChangePruning(now: () => number = () => performance.now()): ChangePruning {
  let horizons: { readonly at: number; readonly xmin: string }[] = [];
  return {
    async prune(db) {
      const { rows } = await db.pool.query<{ xmin: string }>(
        "select pg_snapshot_xmin(pg_current_snapshot())::text as xmin",
      );
      const at = now();
      horizons.push({ at, xmin: rows[0]?.xmin ?? "0" });
      const horizon = horizons.filter((each) => each.at <= at - KEPT_MS).at(-1);
      if (horizon !== undefined) horizons = horizons.slice(horizons.indexOf(horizon));
      // Transactions to come have left nothing behind yet: such rows are from a dump of another cluster.
      // A forgotten `pruned` row is replaced as well: the newest must stay.
      const { rows: counted } = await db.pool.query<{ count: string }>(
        `with gone as (
          delete from fingerprint_change where xid < $1::text::xid8 or xid >= pg_snapshot_xmax(pg_current_snapshot())
          returning source),
          marked as (insert into fingerprint_change (source, owner)
            select 'pruned', $1::text::bigint where exists (select from gone))
        select count(*) from gone where source <> 'pruned'`,
        [horizon?.xmin ?? "0"],
      );
      return Number(counted[0]?.count ?? 0);
    },
  };
}
