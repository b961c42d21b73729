import type { Database } from "./client.ts";

/** How many live entries of disallow lists have a hash that can be searched for, and when the newest was added. */
export interface EntryHashCounts {
  readonly pdq: number;
  readonly md5: number;
  readonly newestAt: Date | null;
}

/** Counts hashes by reading every entry: for people who want to see whether theirs have arrived. */
export async function readEntryHashCounts(db: Database): Promise<EntryHashCounts> {
  const { rows } = await db.pool.query<{ pdq: string; md5: string; newest: Date | null }>({
    name: "entry_hash_counts",
    text: `select count(*) filter (where pdq is not null and detail = 'sufficient') as pdq, count(md5) as md5,
        max(entry.created_at) as newest
      from entry join list on list.id = entry.list_id
      where list.kind = 'disallow' and list.deleted_at is null
        and entry.enabled and (expires_at is null or expires_at > now())`,
  });
  const [row] = rows;
  return { pdq: Number(row?.pdq ?? 0), md5: Number(row?.md5 ?? 0), newestAt: row?.newest ?? null };
}
