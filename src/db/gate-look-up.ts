import { EXACT_KINDS, type ExactKind } from "../fingerprint/fingerprint.ts";
import type { ChangeFollower } from "./change-follower.ts";
import type { Database } from "./client.ts";
import { type NewsRow, newsColumns, newsValues, parseNews } from "./fingerprint-changes.ts";
import { IMAGE_COLUMNS, type ImageRow, type KnownImage, parseImage } from "./known-image.ts";
import type { HotView, WidestReach } from "./near-view.ts";
import {
  type AllowanceRow,
  allowanceColumns,
  parseAllowance,
  type QuotaCaller,
  type QuotaState,
} from "./quota-state.ts";

/** A known image, and whether the lists have to be asked for its digests. */
export interface GateImage extends KnownImage {
  /** True where an entry of some list, live or not, holds one of its digests. */
  readonly inAnyEntry: boolean;
}

/** What one check or look-up has to know about the digests it asks for, read in one statement. */
export interface GateLookUp {
  /** Images whose digest of the asked kind is among the asked values; usually none, or one for each value. */
  readonly images: GateImage[];
  /** True where an entry of some list, live or not, holds one of the asked values itself. */
  readonly listed: boolean;
  /** True where any list of pictures has an entry; without, nothing can match. */
  readonly anyEntries: boolean;
  /** The caller's quota as it stands; null where the key is gone. */
  readonly quota: QuotaState | null;
  /** The searched rows as the statement saw them, from memory; null where the database has to be asked. */
  readonly view: HotView | null;
  /** How far the enabled lists reach. */
  readonly widest: WidestReach;
}

interface Row extends AllowanceRow, NewsRow, Omit<ImageRow, "id"> {
  id: string | null;
  in_any_entry: boolean;
  listed: boolean;
  any_entries: boolean;
}

// A sub-select for each list, which no planner turns into a reading of all entries.
const ANY_ENTRIES =
  "exists (select from list where kind <> 'names' and (select true from entry where list_id = list.id limit 1))";

// Nothing but index probes: this runs for every request. What only a known image or a listed hash needs (lists, entries,
// near-duplicates) is read when there is one.
function statement(kind: ExactKind, caller: "key" | "free"): string {
  const held = EXACT_KINDS.map((digest) => `exists (select from entry where entry.${digest} = image.${digest})`);
  // The changes once, not once for each image.
  return `select quota.*, exists (select from entry where entry.${kind} = any ($1::bytea[])) as listed,
      ${ANY_ENTRIES} as any_entries, ${IMAGE_COLUMNS}, ${held.join(" or ")} as in_any_entry,
      case when row_number() over () = 1 then news.news_changes end as news_changes,
      news.news_snapshot, news.news_lsn, news.news_guarded, news.news_widest
    from (select ${newsColumns("$3", "$4", "$5")}) as news left join (${allowanceColumns(caller, "$2")}) as quota on true
      left join image on image.${kind} = any ($1::bytea[])`;
}

const KEYED = Object.fromEntries(EXACT_KINDS.map((kind) => [kind, statement(kind, "key")])) as Record<
  ExactKind,
  string
>;
const FREE = Object.fromEntries(EXACT_KINDS.map((kind) => [kind, statement(kind, "free")])) as Record<
  ExactKind,
  string
>;

/**
 * Looks exact digests up: one round trip, whatever is asked and whoever asks.
 * @param values lower-case hex of the kind's length
 */
export async function gateLookUp(
  db: Database,
  follower: ChangeFollower,
  kind: ExactKind,
  values: readonly string[],
  caller: QuotaCaller,
): Promise<GateLookUp> {
  const bytes = values.map((value) => Buffer.from(value, "hex"));
  const asked = follower.position();
  const news = newsValues(asked, follower.wantsLsn);
  const { rows } = await db.pool.query<Row>(
    "keyId" in caller
      ? { name: `gate_key_${kind}`, text: KEYED[kind], values: [bytes, caller.keyId, ...news] }
      : { name: `gate_free_${kind}`, text: FREE[kind], values: [bytes, caller.address, ...news] },
  );
  const [first] = rows;
  const told = first === undefined ? null : parseNews(first);
  return {
    images: rows.filter(isImage).map((row) => ({ ...parseImage(row), inAnyEntry: row.in_any_entry })),
    view: told === null ? null : follower.take(asked, told),
    widest: told?.widest ?? { pdq: 0, blockhash: 0, neural: -1, neuralAny: -1 },
    listed: first?.listed ?? false,
    anyEntries: first?.any_entries ?? false,
    quota: first === undefined ? null : parseAllowance(first, caller),
  };
}

function isImage(row: Row): row is Row & ImageRow {
  return row.id !== null;
}
