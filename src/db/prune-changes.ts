import type { ClientBase } from "pg";
import type { Database } from "./client.ts";

/** How long changes are kept for processes that stood still; one that was away for longer loads everything anew. */
const KEPT_MS = 10 * 60_000;
/** Changes that one statement forgets. */
const AT_ONCE = 20_000;

/** Forgets changes that nobody follows any more. */
export interface ChangePruning {
  /** Call every minute or so; returns how many changes were forgotten. */
  prune(db: Pick<Database, "pool">): Promise<number>;
}

// The mark comes with the first of what is forgotten, and stands for all of it. A forgotten mark is replaced as well: the
// newest must stay.
const FORGET = `with gone as (
    delete from fingerprint_change
    where ctid = any (array(select ctid from fingerprint_change where xid < $1::text::xid8 limit ${AT_ONCE}))
    returning source
  ), marked as (
    insert into fingerprint_change (source, owner)
    select 'pruned', $1::text::bigint where $2::boolean and exists (select from gone)
  )
  select count(*)::int as gone, count(*) filter (where source <> 'pruned')::int as changes from gone`;

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
      if (horizon === undefined) return 0;
      horizons = horizons.slice(horizons.indexOf(horizon));
      let forgotten = 0;
      for (let isFirst = true; ; isFirst = false) {
        const { rows: counted } = await db.pool.query<{ gone: number; changes: number }>(FORGET, [
          horizon.xmin,
          isFirst,
        ]);
        const { gone = 0, changes = 0 } = counted[0] ?? {};
        forgotten += changes;
        if (gone < AT_ONCE) return forgotten;
      }
    },
  };
}

/**
 * Removes changes of transactions that are yet to come: a dump of another cluster brought them along, and they would be
 * news until the numbers have caught up.
 */
export async function forgetChangesToCome(client: Pick<ClientBase, "query">): Promise<void> {
  await client.query("delete from fingerprint_change where xid >= pg_snapshot_xmax(pg_current_snapshot())");
}
