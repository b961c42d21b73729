import type { Database } from "./client.ts";
import type { EntryRow } from "./entries.ts";

/** An enabled list of names. */
export interface NameList {
  readonly id: bigint;
  readonly name: string;
  /** What a name that matches it brings. */
  readonly action: "block" | "review";
  /** Of the entries that are in force: another one whenever any of them came, went, or was changed. */
  readonly version: string;
}

/** A pattern in force. */
export interface NameEntry {
  readonly entryId: bigint;
  readonly customId: string | null;
  readonly pattern: string;
  readonly syntax: NonNullable<EntryRow["patternSyntax"]>;
}

const LIVE = "enabled and (expires_at is null or expires_at > now())";

// Transactions commit in another order than they begin, so no time of a last change says what was seen. The transaction that
// wrote a row's present version does: a row whose id and xmin are the same is the same.
const VERSION = `count(*) || ' ' || coalesce(sum(hashint8extended(id, xmin::text::bigint)), 0)`;

/**
 * The enabled lists of names, by name, with the versions of their patterns as they are at this moment.
 * @param listIds lists to look at; null for all
 */
export async function readNameLists(db: Database, listIds: readonly bigint[] | null): Promise<NameList[]> {
  const { rows } = await db.pool.query<Omit<NameList, "id"> & { id: string }>({
    name: "read_name_lists",
    text: `select list.id, list.name, list.action,
        (select ${VERSION} from entry where list_id = list.id and ${LIVE}) as version
      from list
      where list.kind = 'names' and list.enabled and list.deleted_at is null
        and ($1::bigint[] is null or list.id = any ($1::bigint[]))
      order by list.name`,
    values: [listIds?.map(String) ?? null],
  });
  return rows.map((row) => ({ ...row, id: BigInt(row.id) }));
}

/** The patterns of a list that are in force, in the order they were added. */
export async function readNameEntries(db: Database, listId: bigint): Promise<NameEntry[]> {
  const { rows } = await db.pool.query<Omit<NameEntry, "entryId"> & { id: string }>({
    name: "read_name_entries",
    text: `select id, custom_id as "customId", pattern, pattern_syntax as syntax from entry
      where list_id = $1 and ${LIVE} order by id`,
    values: [listId.toString()],
  });
  return rows.map(({ id, ...entry }) => ({ ...entry, entryId: BigInt(id) }));
}
