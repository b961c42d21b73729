import type { ExactKind } from "../fingerprint/fingerprint.ts";
import { type ActiveList, LISTS_JSON, type ListJson, parseList } from "./active-lists.ts";
import type { Database } from "./client.ts";
import { EXACT_ENTRY_JSON, type ExactEntry, type ExactEntryJson, parseExactEntry } from "./exact-entries.ts";
import { IMAGE_JSON, type ImageJson, type KnownImage, parseImage } from "./known-image.ts";
import { type AllowanceJson, allowanceSql, parseAllowance, type QuotaCaller, type QuotaState } from "./quota-state.ts";

/** Everything one check or look-up needs to know about the digests it asks for, read in one statement. */
export interface GateLookUp {
  /** Images whose digest of the asked kind is among the asked values; usually none or one for each value. */
  readonly images: KnownImage[];
  /** Live entries of the searched lists that hold one of the asked values themselves. */
  readonly entries: ExactEntry[];
  /** The searched lists: enabled and not deleted; only the named ones where names were given. */
  readonly lists: ActiveList[];
  /** Those of the given names that are a list, enabled or not. */
  readonly knownNames: string[];
  /** The caller's quota as it stands; null where the key is gone. */
  readonly quota: QuotaState | null;
}

export interface GateLookUpInput {
  readonly kind: ExactKind;
  /** Lower-case hex of the kind's length. */
  readonly values: readonly string[];
  /** Names of the lists to search; null for every enabled one. */
  readonly listNames: readonly string[] | null;
  readonly caller: QuotaCaller;
}

interface Row {
  images: ImageJson[] | null;
  entries: ExactEntryJson[] | null;
  lists: ListJson[] | null;
  known_names: string[] | null;
  quota: AllowanceJson | null;
}

const STATEMENTS = Object.fromEntries(
  (["sha1", "sha256", "md5"] as const).map((kind) => [
    kind,
    { key: statement(kind, "key"), free: statement(kind, "free") },
  ]),
) as Record<ExactKind, { key: string; free: string }>;

function statement(kind: ExactKind, caller: "key" | "free"): string {
  return `select
    (select json_agg(${IMAGE_JSON}) from image where image.${kind} = any($1::bytea[])) as images,
    (select json_agg(${EXACT_ENTRY_JSON})
       from entry join list on list.id = entry.list_id
      where entry.${kind} = any($1::bytea[])
        and entry.enabled and (entry.expires_at is null or entry.expires_at > now())
        and list.enabled and list.deleted_at is null
        and ($2::text[] is null or list.name = any($2::text[]))) as entries,
    (select json_agg(${LISTS_JSON} order by list.id) from list
      where list.enabled and list.deleted_at is null
        and ($2::text[] is null or list.name = any($2::text[]))) as lists,
    (select json_agg(list.name) from list where list.deleted_at is null and list.name = any($2::text[])) as known_names,
    ${allowanceSql(caller, "$3")} as quota`;
}

/** Looks exact digests up: one round trip, whatever is asked and whoever asks. */
export async function gateLookUp(db: Database, input: GateLookUpInput): Promise<GateLookUp> {
  const keyed = "keyId" in input.caller;
  const result = await db.pool.query<Row>({
    name: `gate_look_up_${input.kind}_${keyed ? "key" : "free"}`,
    text: STATEMENTS[input.kind][keyed ? "key" : "free"],
    values: [
      input.values.map((value) => Buffer.from(value, "hex")),
      input.listNames,
      "keyId" in input.caller ? input.caller.keyId : input.caller.address,
    ],
  });
  const row = result.rows[0];
  return {
    images: (row?.images ?? []).map(parseImage),
    entries: (row?.entries ?? []).map(parseExactEntry),
    lists: (row?.lists ?? []).map(parseList),
    knownNames: row?.known_names ?? [],
    quota: parseAllowance(row?.quota ?? null, input.caller),
  };
}
