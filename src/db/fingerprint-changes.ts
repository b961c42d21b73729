import type { Database } from "./client.ts";
import type { WidestReach } from "./near-view.ts";

/** Most changes that travel with a look-up; where there are more, the reader is behind and has to catch up by itself. */
export const NEWS_MAX = 200;

/** Where somebody who follows the changes stands. */
export interface ChangePosition {
  /** `pg_current_snapshot()`: everything that it shows is known. */
  readonly snapshot: string;
  /** A place in the write-ahead log behind every commit that `snapshot` shows; null where nobody asks for it. */
  readonly lsn: string | null;
  /**
   * What a session has locked since before the snapshot. A server that crashes, or hands over to another, gives numbers of
   * transactions out again whose end had not reached the disk; it loses every session first. Null only in tests.
   */
  readonly guard: string | null;
}

/** One committed change of the searched rows, or of what a search says of them. */
export interface FingerprintChange {
  /** The table that changed, or `pruned`. */
  readonly source: string;
  /**
   * Of a searched table the row's key (hot-keys.ts); null: every row of the source. Of `pruned` the transaction below which
   * changes were forgotten.
   */
  readonly owner: number | null;
  /** 64 hex digits in index order; null where the row is gone or has no bits. */
  readonly bits: string | null;
}

/** What a statement says of the lists and of the changes that it saw and an earlier snapshot did not. */
export interface News {
  /** `pg_current_snapshot()` of the statement: xmin:xmax:running. */
  readonly snapshot: string;
  /** A place in the write-ahead log behind the commit of everything the statement saw; null where it wasn't asked for. */
  readonly lsn: string | null;
  /** False where the session that has guarded the earlier snapshot is gone ({@link ChangePosition}); null without one. */
  readonly guarded: boolean | null;
  /** Of two changes of the same row the later comes later. Null: more than {@link NEWS_MAX}. */
  readonly changes: readonly FingerprintChange[] | null;
  readonly widest: WidestReach;
}

export interface NewsRow {
  news_changes: readonly (readonly [string, number | null, string | null])[] | null;
  news_snapshot: string;
  news_lsn: string | null;
  news_guarded: boolean | null;
  /** Of {@link WidestReach}: pdq, blockhash, neural, neuralAny. */
  news_widest: readonly (number | null)[];
}

/**
 * The changes that this statement sees and the snapshot `since` did not, as an SQL condition. Transactions commit in
 * another order than they begin, so no number of rows or transactions alone can say what was seen: a transaction is news
 * exactly where the one snapshot shows it and the other doesn't: it had not begun, or was running. Both are looked up in
 * the index, so that one that runs for long makes nobody read all that was changed since it began.
 */
export function unseenBy(since: string): string {
  return `(xid >= pg_snapshot_xmax(${since}::pg_snapshot) or xid = any (array(select pg_snapshot_xip(${since}::pg_snapshot))))`;
}

/**
 * Columns of a statement that also brings the news, all as of its one snapshot.
 * @param since placeholder of the earlier snapshot (text); null brings no changes
 * @param wantsLsn placeholder of a boolean
 * @param guard placeholder of the number that the guarding session has locked; null for none
 */
export function newsColumns(since: string, wantsLsn: string, guard: string): string {
  return `(select json_agg(json_build_array(source, owner, encode(substring(bit_send(bits) from 5), 'hex')) order by seq)
      from (select seq, source, owner, bits from fingerprint_change where ${unseenBy(since)} limit ${NEWS_MAX + 1}) as news
    ) as news_changes,
    pg_current_snapshot()::text as news_snapshot,
    not pg_try_advisory_xact_lock_shared(${guard}::bigint) as news_guarded,
    case when ${wantsLsn}::boolean then pg_current_wal_insert_lsn()::text end as news_lsn,
    (select array[max(pdq_threshold), max(greatest(blockhash_threshold, agreement_blockhash_threshold)),
        max(neural_threshold) filter (where "match" = 'robust'), max(neural_threshold)]::int4[]
      from list where enabled and deleted_at is null and kind <> 'names') as news_widest`;
}

export function parseNews(row: NewsRow): News {
  const changes = row.news_changes ?? [];
  const [pdq, blockhash, neural, neuralAny] = row.news_widest;
  return {
    snapshot: row.news_snapshot,
    lsn: row.news_lsn,
    guarded: row.news_guarded,
    widest: { pdq: pdq ?? 0, blockhash: blockhash ?? 0, neural: neural ?? -1, neuralAny: neuralAny ?? -1 },
    changes: changes.length > NEWS_MAX ? null : changes.map(([source, owner, bits]) => ({ source, owner, bits })),
  };
}

/** The values of the placeholders of {@link newsColumns}. */
export function newsValues(since: ChangePosition | null, wantsLsn: boolean): [string | null, boolean, string | null] {
  return [since?.snapshot ?? null, wantsLsn, since?.guard ?? null];
}

/** The news alone, where no other statement is due. */
export async function readNews(db: Database, since: ChangePosition | null, wantsLsn: boolean): Promise<News> {
  const { rows } = await db.pool.query<NewsRow>({
    name: "read_news",
    text: `select ${newsColumns("$1", "$2", "$3")}`,
    values: newsValues(since, wantsLsn),
  });
  const [row] = rows;
  if (row === undefined) throw new Error("The database told no news");
  return parseNews(row);
}

/** The oldest transaction that was still running when the snapshot was taken. */
export function snapshotXmin(snapshot: string): bigint {
  return BigInt(snapshot.slice(0, snapshot.indexOf(":")));
}
