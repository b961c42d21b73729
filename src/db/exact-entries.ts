import type { ExactKind } from "../fingerprint/fingerprint.ts";
import type { ChangeFollower } from "./change-follower.ts";
import type { Database } from "./client.ts";
import { type NewsRow, newsColumns, newsValues, parseNews } from "./fingerprint-changes.ts";
import type { HotView } from "./near-view.ts";

/** A live entry of a live list that holds one of the digests asked for. */
export interface ExactEntry {
  readonly entryId: bigint;
  readonly customId: string | null;
  readonly listName: string;
  readonly listKind: "disallow" | "allow";
  readonly listAction: "block" | "review";
  /** The entry's digests, lower-case hex. */
  readonly digests: { readonly [kind in ExactKind]: string | null };
}

/** Digests to look for, each of its kind; kinds may be left out. */
export type DigestSets = { readonly [kind in ExactKind]?: readonly string[] };

/** The entries, and the searched rows as the same statement saw them. */
export interface ExactEntries {
  readonly entries: ExactEntry[];
  /** Null where the database has to be asked for near-duplicates. */
  readonly view: HotView | null;
}

interface EntryRow {
  id: string;
  custom_id: string | null;
  sha256: Buffer | null;
  sha1: Buffer | null;
  md5: Buffer | null;
  name: string;
  kind: "disallow" | "allow";
  action: "block" | "review";
}

type Row = NewsRow & (EntryRow | { id: null });

/**
 * The live entries that hold any of the digests, in the order they were added.
 * @param listIds lists to search; null for every enabled one
 */
export async function findExactEntries(
  db: Database,
  follower: ChangeFollower,
  digests: DigestSets,
  listIds: readonly bigint[] | null,
): Promise<ExactEntries> {
  const bytes = (hashes: readonly string[] = []) => hashes.map((hash) => Buffer.from(hash, "hex"));
  const asked = follower.position();
  const { rows } = await db.pool.query<Row>({
    name: "find_exact_entries",
    text: `select exact.*, news.news_snapshot, news.news_lsn, news.news_guarded, news.news_widest,
        case when row_number() over (order by exact.id) = 1 then news.news_changes end as news_changes
      from (select ${newsColumns("$5", "$6", "$7")}) as news left join (
        select entry.id, entry.custom_id, entry.sha256, entry.sha1, entry.md5, list.name, list.kind, list.action
        from (
          select id from entry where sha256 = any ($1::bytea[])
          union select id from entry where sha1 = any ($2::bytea[])
          union select id from entry where md5 = any ($3::bytea[])
        ) as found
        join entry on entry.id = found.id
        join list on list.id = entry.list_id
        where entry.enabled and (entry.expires_at is null or entry.expires_at > now())
          and list.enabled and list.deleted_at is null and ($4::bigint[] is null or list.id = any ($4::bigint[]))
      ) as exact on true
      order by exact.id`,
    values: [
      bytes(digests.sha256),
      bytes(digests.sha1),
      bytes(digests.md5),
      listIds?.map(String) ?? null,
      ...newsValues(asked, follower.wantsLsn),
    ],
  });
  const [first] = rows;
  return {
    entries: rows.flatMap((row) => (row.id === null ? [] : [parseEntry(row)])),
    view: first === undefined ? null : follower.take(asked, parseNews(first)),
  };
}

function parseEntry(row: EntryRow): ExactEntry {
  return {
    entryId: BigInt(row.id),
    customId: row.custom_id,
    listName: row.name,
    listKind: row.kind,
    listAction: row.action,
    digests: {
      sha256: row.sha256?.toString("hex") ?? null,
      sha1: row.sha1?.toString("hex") ?? null,
      md5: row.md5?.toString("hex") ?? null,
    },
  };
}
