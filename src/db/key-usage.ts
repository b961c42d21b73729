import { and, asc, eq, gte, lte } from "drizzle-orm";
import type { Database } from "./client.ts";
import { keyUsage } from "./schema.ts";

export type KeyUsageRow = typeof keyUsage.$inferSelect;

/** Usage of one key by UTC day, both ends included (`YYYY-MM-DD`). Days without use have no row. */
export async function readUsage(db: Database, keyId: string, from: string, to: string): Promise<KeyUsageRow[]> {
  return await db.orm
    .select()
    .from(keyUsage)
    .where(and(eq(keyUsage.keyId, keyId), gte(keyUsage.day, from), lte(keyUsage.day, to)))
    .orderBy(asc(keyUsage.day));
}

/** Adds look-ups counted in memory to today's rows. Keys that are gone are passed over. */
export async function addHashLookUps(db: Database, counts: ReadonlyMap<string, number>): Promise<void> {
  await db.pool.query({
    name: "add_hash_look_ups",
    text: `insert into key_usage (key_id, day, hash_look_ups, last_used_at)
      select counted.key_id, (now() at time zone 'UTC')::date, counted.look_ups, now()
      from unnest($1::text[], $2::bigint[]) as counted (key_id, look_ups) join api_key on api_key.id = counted.key_id
      order by counted.key_id
      on conflict (key_id, day) do update set hash_look_ups = key_usage.hash_look_ups + excluded.hash_look_ups,
        last_used_at = greatest(key_usage.last_used_at, excluded.last_used_at)`,
    values: [[...counts.keys()], [...counts.values()].map(String)],
  });
}
