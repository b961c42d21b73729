import type { Database } from "./client.ts";

/** Ids of the lists of these names, enabled or not; names that are no list are left out. */
export async function findListIds(db: Database, names: readonly string[]): Promise<Map<string, bigint>> {
  const { rows } = await db.pool.query<{ name: string; id: string }>({
    name: "find_list_ids",
    text: "select name, id from list where deleted_at is null and name = any ($1::text[])",
    values: [names],
  });
  return new Map(rows.map(({ name, id }) => [name, BigInt(id)]));
}
