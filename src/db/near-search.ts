import { toIndexBits } from "../fingerprint/bit-order.ts";
import { PERCEPTUAL_KINDS, type PerceptualKind } from "../fingerprint/fingerprint.ts";
import { TRANSFORMS, type Transform } from "../fingerprint/transform.ts";
import { type NearDatabase, type NearOptions, nearSource } from "./near-source.ts";
import { HASHES_MAX, isEmpty, type NearSource, nearRows, parameters, sourceName } from "./near-statement.ts";
import type { Thresholds } from "./near-view.ts";

/** A hash to search for (64 hex digits) and the transform of the picture that it belongs to. */
export interface QueryHash {
  readonly transform: Transform;
  readonly hash: string;
}

export type { NearDatabase } from "./near-source.ts";

export interface EntrySearch extends NearOptions {
  /** Up to 16 hashes of each kind; a kind without any is not searched. */
  readonly hashes: Readonly<Record<PerceptualKind, readonly QueryHash[]>>;
  /** Lists to search; null for every enabled one. */
  readonly listIds: readonly bigint[] | null;
  /**
   * The largest thresholds that the lists are expected to have; by default what the last search of the same lists found.
   * The search reads the real ones itself and repeats itself should one turn out larger, so a wrong expectation costs
   * time and no match.
   */
  readonly expectedThresholds?: Thresholds;
  /** Most matches wanted; the nearest match in each list is always among them, beyond the limit if need be. */
  readonly limit: number;
}

/** An entry that matches by one kind of hash; one that matches by both is there twice. */
export interface EntryMatch {
  readonly entryId: bigint;
  readonly customId: string | null;
  readonly listId: bigint;
  readonly listName: string;
  readonly listKind: "disallow" | "allow";
  readonly listAction: "block" | "review";
  readonly hash: PerceptualKind;
  /** Bits, from the nearest of the query's hashes. */
  readonly distance: number;
  /** The list's, in bits. */
  readonly threshold: number;
  /** Of the nearest hash; of several at that distance, the first in the order of TRANSFORMS. */
  readonly transform: Transform;
}

interface EntryRow {
  readonly widest_pdq: number | null;
  readonly widest_blockhash: number | null;
  readonly kind: number | null;
  readonly entry_id: string;
  readonly custom_id: string | null;
  readonly list_id: string;
  readonly list_name: string;
  readonly list_kind: "disallow" | "allow";
  readonly list_action: "block" | "review";
  readonly distance: number;
  readonly threshold: number;
  readonly place: number;
}

/**
 * Every entry within its own list's threshold of one of the hashes: enabled, not expired, in an enabled list, all as
 * committed when the statement starts. One statement for all transforms and both kinds. Ordered by distance, then entry,
 * then pdq before blockhash.
 *
 * Only entries with sufficient detail belong in the searched tables; that is up to who fills them.
 */
export async function searchEntries(database: NearDatabase, search: EntrySearch): Promise<EntryMatch[]> {
  const queries = PERCEPTUAL_KINDS.map((kind) => ({ kind, hashes: inTransformOrder(search.hashes[kind]) }));
  const lists = search.listIds?.join() ?? "all";
  let { pdq, blockhash } = search.view?.widest ?? search.expectedThresholds ?? recallThresholds(database, lists);
  for (;;) {
    const sources = await entrySources(database, queries, { pdq, blockhash }, search);
    // Where memory knows of no row near enough, there was none.
    const filled = sources.filter((source) => !isEmpty(source));
    if (filled.length === 0) return [];
    const rows = await queryEntries(database, filled, search);
    const widest = { pdq: rows[0]?.widest_pdq ?? 0, blockhash: rows[0]?.widest_blockhash ?? 0 };
    rememberThresholds(database, lists, widest);
    pdq = Math.max(pdq, widest.pdq);
    blockhash = Math.max(blockhash, widest.blockhash);
    const wideEnough = sources.every(({ kind, threshold }) => threshold >= { pdq, blockhash }[kind]);
    if (wideEnough) return rows.flatMap((row) => entryMatch(row, queries));
  }
}

type EntrySource = NearSource & { readonly kind: PerceptualKind };

interface KindQuery {
  readonly kind: PerceptualKind;
  readonly hashes: readonly QueryHash[];
}

async function entrySources(
  database: NearDatabase,
  queries: readonly KindQuery[],
  thresholds: Thresholds,
  options: NearOptions,
): Promise<EntrySource[]> {
  const asked = queries.filter(({ hashes }) => hashes.length > 0);
  return await Promise.all(
    asked.map(async ({ kind, hashes }): Promise<EntrySource> => {
      const bits = hashes.map(({ hash }) => toIndexBits(kind, hash));
      const query = { table: `entry_${kind}` as const, hashes: bits, threshold: thresholds[kind] };
      return { kind, ...(await nearSource(database, query, options)) };
    }),
  );
}

const LISTS_REMEMBERED_MAX = 1000;

/** The widest thresholds that the last search of some lists found, by the ids of the lists. */
const remembered = new WeakMap<NearDatabase["searchPool"], Map<string, Thresholds>>();

function recallThresholds(database: NearDatabase, lists: string): Thresholds {
  return remembered.get(database.searchPool)?.get(lists) ?? { pdq: 0, blockhash: 0 };
}

function rememberThresholds(database: NearDatabase, lists: string, widest: Thresholds): void {
  let known = remembered.get(database.searchPool);
  if (known === undefined || known.size >= LISTS_REMEMBERED_MAX) {
    known = new Map();
    remembered.set(database.searchPool, known);
  }
  known.set(lists, widest);
}

async function queryEntries(
  database: NearDatabase,
  sources: readonly EntrySource[],
  search: EntrySearch,
): Promise<EntryRow[]> {
  const into = parameters();
  const limit = into.add(search.limit);
  const listIds = into.add(search.listIds?.map(String) ?? null);
  const near = sources.map((source) => {
    const kind = PERCEPTUAL_KINDS.indexOf(source.kind);
    return `select ${kind} as kind, near.* from (${nearRows(source, into)}) as near where exists (select from asked)`;
  });
  // What is near is found once, and not again for each list. The lateral join with `offset 0` looks each entry up by its
  // key: a join that the planner could turn round would read all entries where it overestimates the matches, and without
  // statistics it does.
  const text = `
    with asked as materialized (
      select id, name, kind, action, array[pdq_threshold, blockhash_threshold]::int4[] as thresholds from list
      where enabled and deleted_at is null and (${listIds}::int8[] is null or id = any (${listIds}::int8[]))
    ),
    near as materialized (${near.join(" union all ")}),
    matched as (
      select near.kind, near.owner as entry_id, near.distance, near.place, entry.custom_id, asked.id as list_id,
        asked.name as list_name, asked.kind as list_kind, asked.action as list_action,
        asked.thresholds[near.kind + 1] as threshold
      from near
      cross join lateral (
        select list_id, custom_id from entry
        where id = near.owner and enabled and (expires_at is null or expires_at > now()) offset 0
      ) as entry
      join asked on asked.id = entry.list_id and near.distance <= asked.thresholds[near.kind + 1]
    ),
    ranked as (
      select matched.*, row_number() over (order by distance, entry_id, kind) as place_overall,
        row_number() over (partition by list_id order by distance, entry_id, kind) as place_in_list
      from matched
    )
    select widest.*, ranked.*
    from (select max(thresholds[1]) as widest_pdq, max(thresholds[2]) as widest_blockhash from asked) as widest
    left join ranked on place_overall <= ${limit}::int8 or place_in_list = 1
    order by place_overall`;
  const name = `near_${sources.map(sourceName).join("_")}`;
  const { rows } = await database.searchPool.query<EntryRow>({ name, text, values: into.values });
  return rows;
}

function entryMatch(row: EntryRow, queries: readonly KindQuery[]): EntryMatch[] {
  const query = row.kind === null ? undefined : queries[row.kind];
  const nearest = query?.hashes[row.place];
  if (query === undefined || nearest === undefined) return [];
  return [
    {
      entryId: BigInt(row.entry_id),
      customId: row.custom_id,
      listId: BigInt(row.list_id),
      listName: row.list_name,
      listKind: row.list_kind,
      listAction: row.list_action,
      hash: query.kind,
      distance: row.distance,
      threshold: row.threshold,
      transform: nearest.transform,
    },
  ];
}

function inTransformOrder(hashes: readonly QueryHash[]): readonly QueryHash[] {
  if (hashes.length > HASHES_MAX) {
    throw new RangeError(`Expected at most ${HASHES_MAX} hashes of one kind but received ${hashes.length}`);
  }
  return [...hashes].sort((a, b) => TRANSFORMS.indexOf(a.transform) - TRANSFORMS.indexOf(b.transform));
}
