import type { Database } from "./client.ts";
import type { EntryRow } from "./entries.ts";

/** An enabled list of names. */
export interface NameList {
  readonly id: bigint;
  readonly name: string;
  /** What a name that matches it brings. */
  readonly action: "block" | "review";
  /** Of its entries: another one, never given before, with whatever transaction changes any of them; null before the first. */
  readonly version: string | null;
  /** When this was read, by the database's clock, in seconds since 1970. */
  readonly readAt: number;
}

/** A pattern that is enabled. */
export interface NameEntry {
  readonly entryId: bigint;
  readonly customId: string | null;
  readonly pattern: string;
  readonly syntax: NonNullable<EntryRow["patternSyntax"]>;
  /** By the database's clock, in seconds since 1970; null: never. */
  readonly expiresAt: number | null;
}

/**
 * The enabled lists of names, by name, with the versions of their patterns as they are at this moment.
 * @param listIds lists to look at; null for all
 */
export async function readNameLists(db: Database, listIds: readonly bigint[] | null): Promise<NameList[]> {
  const { rows } = await db.pool.query<Omit<NameList, "id"> & { id: string }>({
    name: "read_name_lists",
    text: `select list.id, list.name, list.action, extract(epoch from now())::float8 as "readAt",
        (select string_agg(version::text, ' ' order by version) from names_version where list_id = list.id) as version
      from list
      where list.kind = 'names' and list.enabled and list.deleted_at is null
        and ($1::bigint[] is null or list.id = any ($1::bigint[]))
      order by list.name`,
    values: [listIds?.map(String) ?? null],
  });
  return rows.map((row) => ({ ...row, id: BigInt(row.id) }));
}

/**
 * The patterns of a list that are enabled and have not expired, in the order they were added. None comes into force by time
 * alone, so of these and the time they expire it can be told later which are in force, as long as the list's version stays.
 */
export async function readNameEntries(db: Database, listId: bigint): Promise<NameEntry[]> {
  const { rows } = await db.pool.query<Omit<NameEntry, "entryId"> & { id: string }>({
    name: "read_name_entries",
    text: `select id, custom_id as "customId", pattern, pattern_syntax as syntax,
        extract(epoch from expires_at)::float8 as "expiresAt"
      from entry where list_id = $1 and enabled and (expires_at is null or expires_at > now()) order by id`,
    values: [listId.toString()],
  });
  return rows.map(({ id, ...entry }) => ({ ...entry, entryId: BigInt(id) }));
}
