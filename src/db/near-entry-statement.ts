import {
  type Look,
  PERCEPTUAL_KINDS,
  type PerceptualKind,
  SEARCHED_KINDS,
  type SearchedKind,
} from "../fingerprint/fingerprint.ts";
import { NEURAL_NUMBERS, type NeuralHash } from "../fingerprint/neural.ts";
import { type MatchTransform, trimmedTransform } from "../fingerprint/transform.ts";
import { searchedBits } from "./near-bits.ts";
import { bothCode, bothDecoded } from "./near-both.ts";
import {
  howToRead,
  type NearRows,
  type NearSource,
  type NearStatement,
  nearRows,
  type Parameters,
  parameters,
} from "./near-statement.ts";

/** Whether the neural hash counts: `robust` in every list, `fast` in none, null as each list says. */
export type MatchMode = "fast" | "robust" | null;

/** What entries are searched for, and which of them may match. */
export interface EntryTerms {
  /** Up to 16; the place in the array stands for the look in both kinds of hashes. Empty: not searched by looks. */
  readonly looks: readonly Look[];
  readonly neural: NeuralHash | null;
  readonly match: MatchMode;
  /** Entries with hashes of another version of the fingerprint don't match by them; those given from outside do. */
  readonly comparableVersions: readonly number[];
  /** Lists to search; null for every enabled one. */
  readonly listIds: readonly bigint[] | null;
  /** Most matches wanted; the nearest match in each list is always among them, beyond the limit if need be. */
  readonly limit: number;
}

/**
 * An entry that matches by one kind of hash; one that matches by several is there as often. One that matches only because
 * PDQ and blockhash agree is there once for both, as `pdq`, confirmed by blockhash.
 */
export interface EntryMatch {
  readonly entryId: bigint;
  readonly customId: string | null;
  readonly listId: bigint;
  readonly listName: string;
  readonly listKind: "disallow" | "allow";
  readonly listAction: "block" | "review";
  readonly hash: SearchedKind;
  /** Bits, from the nearest of the query's looks. */
  readonly distance: number;
  /** The list's for this hash, in bits; the one for agreement where `confirmedBy` is there. */
  readonly threshold: number;
  /**
   * The nearest look; trimmed where that look or the entry's picture is. Of several at that distance the entry's whole
   * picture counts before its trimmed one, then the first look. `identity` for a neural hash.
   */
  readonly transform: MatchTransform;
  /**
   * What has to agree besides: blockhash in the same look where neither hash alone is near enough (bits), the vector behind a
   * neural hash always (thousandths of 1 - cosine); null otherwise.
   */
  readonly confirmedBy: {
    readonly hash: "blockhash" | "neural_vector";
    readonly distance: number;
    readonly threshold: number;
  } | null;
  /** Of the entry's perceptual hashes; null where they were given from outside. */
  readonly fingerprintVersion: number | null;
}

export interface EntryRow {
  readonly widest_pdq: number | null;
  readonly widest_blockhash: number | null;
  readonly widest_neural: number | null;
  readonly kind: number | null;
  readonly entry_id: string;
  readonly custom_id: string | null;
  readonly list_id: string;
  readonly list_name: string;
  readonly list_kind: "disallow" | "allow";
  readonly list_action: "block" | "review";
  readonly fingerprint_version: number | null;
  readonly variant: 0 | 1;
  readonly place: number;
  readonly distance: number;
  readonly threshold: number;
  readonly confirming_distance: number | null;
  readonly confirming_threshold: number | null;
}

/** A source of entries: candidates by one kind of hash. */
export type EntrySource = NearSource & { readonly kind: SearchedKind };

const ENTRY_COLUMNS = "custom_id, fingerprint_version, list_id, list_name, list_kind, list_action";

/**
 * The statement that finds the entries of the sources which match by their lists' thresholds: those within the limit, and
 * the nearest of every list. Its rows are {@link EntryRow}s, at least one; nearest first, those that match by two measures
 * together after all others.
 */
export function entryStatement(sources: readonly EntrySource[], terms: EntryTerms): NearStatement {
  const into = parameters();
  const limit = into.add(terms.limit);
  const listIds = into.add(terms.listIds?.map(String) ?? null);
  const match = into.add(terms.match);
  const versions = into.add(terms.comparableVersions);
  const neuralVersion = into.add(terms.neural?.version ?? null);
  const vector = into.add(terms.neural === null ? null : Buffer.from(terms.neural.vector, "hex"));
  const rows = new Map(sources.map((source) => [source.kind, nearRows(source, into)]));
  const near = [...rows].map(
    ([kind, { text }]) =>
      `select ${SEARCHED_KINDS.indexOf(kind)} as kind, near.* from (${text}) as near where exists (select from asked)`,
  );
  const agreeing = agreementRows(rows, terms.looks, into);
  // What is near is found once, and not again for each list. The lateral join with `offset 0` looks each entry up by its
  // key: a join that the planner could turn round would read all entries where it overestimates the matches, and without
  // statistics it does.
  const text = `
    with asked as materialized (
      select id, name, kind, action, agreement_pdq_threshold::int4 as agreement_pdq,
        agreement_blockhash_threshold::int4 as agreement_blockhash, neural_vector_threshold::int4 as neural_vector, array[
          pdq_threshold, blockhash_threshold,
          case when coalesce(${match}::text, "match") = 'robust' then neural_threshold else -1 end
        ]::int4[] as thresholds
      from list where enabled and deleted_at is null and kind <> 'names' and (${listIds}::int8[] is null or id = any (${listIds}::int8[]))
    ),
    near as materialized (${near.join(" union all ")}),
    found as materialized (
      select near.kind, near.owner as entry_id, near.variant, near.bits, near.distance, near.place, entry.custom_id,
        entry.fingerprint_version, asked.id as list_id, asked.name as list_name, asked.kind as list_kind,
        asked.action as list_action, asked.thresholds, asked.agreement_pdq, asked.agreement_blockhash,
        asked.neural_vector, apart
      from near
      cross join lateral (
        select list_id, custom_id, fingerprint_version,
          case near.kind when 2 then ${vectorsApart("neural", vector)} end as apart
        from entry
        where id = near.owner and enabled and (expires_at is null or expires_at > now()) and case near.kind
          when 2 then neural_version = ${neuralVersion}::text
          else fingerprint_version is null or fingerprint_version = any (${versions}::int4[]) end
        offset 0
      ) as entry
      join asked on asked.id = entry.list_id
    ),
    alone as materialized (
      select distinct on (kind, entry_id) kind, entry_id, variant, place, distance, thresholds[kind + 1] as threshold,
        apart as confirming_distance, case kind when 2 then neural_vector end as confirming_threshold, ${ENTRY_COLUMNS}
      from found where distance <= thresholds[kind + 1] and (kind <> 2 or apart <= neural_vector)
      order by kind, entry_id, distance, variant, place
    ),
    matched as (select * from alone${agreeing === null ? "" : ` union all (${agreeing})`}),
    ranked as (
      select matched.*, row_number() over (${ranking("")}) as place_overall,
        row_number() over (${ranking("partition by list_id")}) as place_in_list
      from matched
    )
    select widest.*, ranked.*
    from (
      select max(thresholds[1]) as widest_pdq, max(greatest(thresholds[2], agreement_blockhash)) as widest_blockhash,
        max(thresholds[3]) as widest_neural
      from asked
    ) as widest
    left join ranked on place_overall <= ${limit}::int8 or place_in_list = 1
    order by place_overall`;
  return { name: statementName(sources, terms.looks), text, values: into.values };
}

function ranking(partition: string): string {
  return `${partition} order by confirming_distance is not null, distance, entry_id, kind`;
}

/**
 * Entries that match by agreement and by neither hash alone, null where nothing was asked for both. They are found by their
 * blockhash, which is searched as far as agreement needs; PDQ is read by the key, so that agreement costs no wide search.
 */
function agreementRows(
  rows: ReadonlyMap<SearchedKind, NearRows>,
  looks: readonly Look[],
  into: Parameters,
): string | null {
  const places = placesOf(looks, "blockhash").filter((place) => looks[place]?.pdq !== null);
  if (!rows.has("blockhash") || places.length === 0) return null;
  const placeholder = (kind: PerceptualKind, place: number): string =>
    rows.get(kind)?.hashes[placesOf(looks, kind).indexOf(place)] ??
    into.add(searchedBits(kind, looks[place]?.[kind] ?? ""));
  const codes = places.map((place) => {
    const distances = {
      pdq: `bit_count(bits # ${placeholder("pdq", place)})`,
      blockhash: `bit_count(found.bits # ${placeholder("blockhash", place)})`,
      place,
    };
    return bothCode(distances, `${distances.blockhash} <= found.agreement_blockhash`);
  });
  const both = bothDecoded("other.code");
  return `
    select distinct on (entry_id) 0 as kind, entry_id, variant, ${both.place} as place, ${both.pdq} as distance,
      agreement_pdq as threshold, ${both.blockhash} as confirming_distance,
      agreement_blockhash as confirming_threshold, ${ENTRY_COLUMNS}
    from (
      select * from found
      where kind = 1 and distance > thresholds[2] and distance <= agreement_blockhash and agreement_pdq > thresholds[1]
        and not exists (select from alone where alone.entry_id = found.entry_id and alone.kind < 2)
      offset 0
    ) as found
    cross join lateral (
      select least(${codes.join(", ")}) as code from entry_pdq
      where entry_id = found.entry_id and variant = found.variant offset 0
    ) as other
    where ${both.pdq} <= agreement_pdq
    order by entry_id, ${both.pdq}, ${both.blockhash}, variant, ${both.place}`;
}

/**
 * Thousandths of 1 - cosine of two vectors (SQL of bytea), as `neuralApart` of fingerprint/neural.ts; null where one is zero
 * in all numbers and points nowhere. Halves are rounded up as there; PostgreSQL rounds them to even.
 */
function vectorsApart(one: string, other: string): string {
  return `(
    select floor(1000 - 1000 * sum(a * b) / nullif(sqrt(sum(a * a)::float8 * sum(b * b)), 0) + 0.5)::int4
    from (
      select get_byte(${one}, i) - 128 as a, get_byte(${other}::bytea, i) - 128 as b
      from generate_series(0, ${NEURAL_NUMBERS - 1}) as i
    ) as numbers)`;
}

/** The looks, by their places, that have a hash of the kind. */
export function placesOf(looks: readonly Look[], kind: PerceptualKind): number[] {
  return looks.flatMap((look, place) => (look[kind] === null ? [] : [place]));
}

/** At most 63 characters, as PostgreSQL's names. */
function statementName(sources: readonly EntrySource[], looks: readonly Look[]): string {
  const masks = PERCEPTUAL_KINDS.map((kind) =>
    placesOf(looks, kind)
      .reduce((mask, place) => mask | (1 << place), 0)
      .toString(16),
  );
  return ["near_entries", ...sources.map((source) => `${source.kind}_${howToRead(source)}`), ...masks].join("_");
}

/** The match that a row stands for; none where it only tells how far the lists reach. */
export function entryMatch(row: EntryRow, looks: readonly Look[]): EntryMatch[] {
  const hash = row.kind === null ? undefined : SEARCHED_KINDS[row.kind];
  if (hash === undefined) return [];
  const look = hash === "neural" ? "identity" : (looks[row.place]?.transform ?? "identity");
  const { confirming_distance: distance, confirming_threshold: threshold } = row;
  return [
    {
      entryId: BigInt(row.entry_id),
      customId: row.custom_id,
      listId: BigInt(row.list_id),
      listName: row.list_name,
      listKind: row.list_kind,
      listAction: row.list_action,
      hash,
      distance: row.distance,
      threshold: row.threshold,
      transform: row.variant === 1 ? trimmedTransform(look) : look,
      confirmedBy:
        distance === null || threshold === null
          ? null
          : { hash: hash === "neural" ? "neural_vector" : "blockhash", distance, threshold },
      fingerprintVersion: row.fingerprint_version,
    },
  ];
}
