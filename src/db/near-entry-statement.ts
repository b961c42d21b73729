import { PERCEPTUAL_KINDS, type PerceptualKind } from "../fingerprint/fingerprint.ts";
import type { Transform } from "../fingerprint/transform.ts";
import { type NearSource, type NearStatement, nearRows, parameters, sourceName } from "./near-statement.ts";

/** A hash to search for (64 hex digits) and the transform of the picture that it belongs to. */
export interface QueryHash {
  readonly transform: Transform;
  readonly hash: string;
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

export interface EntryRow {
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

/** A source of entries: candidates by one kind of hash. */
export type EntrySource = NearSource & { readonly kind: PerceptualKind };

/** The hashes of one kind, in the order of TRANSFORMS. */
export interface KindQuery {
  readonly kind: PerceptualKind;
  readonly hashes: readonly QueryHash[];
}

/**
 * The statement that finds the entries of the sources which match by their lists' thresholds: those within `limit`, and
 * the nearest of every list. Its rows are {@link EntryRow}s, at least one, nearest first.
 *
 * @param listIds lists to search; null for every enabled one
 */
export function entryStatement(
  sources: readonly EntrySource[],
  wanted: { readonly listIds: readonly bigint[] | null; readonly limit: number },
): NearStatement {
  const into = parameters();
  const limit = into.add(wanted.limit);
  const listIds = into.add(wanted.listIds?.map(String) ?? null);
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
  return { name: `near_${sources.map(sourceName).join("_")}`, text, values: into.values };
}

/** The match that a row stands for; none where it only tells thresholds. */
export function entryMatch(row: EntryRow, queries: readonly KindQuery[]): EntryMatch[] {
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
