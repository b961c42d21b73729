import type { ExactKind } from "../fingerprint/fingerprint.ts";
import type { Database } from "./client.ts";
import { IMAGE_COLUMNS, type ImageRow, type KnownImage, parseImage } from "./known-image.ts";
import {
  type AllowanceRow,
  allowanceColumns,
  parseAllowance,
  type QuotaCaller,
  type QuotaState,
} from "./quota-state.ts";

/** What one check or look-up has to know about the digests it asks for, read in one statement. */
export interface GateLookUp {
  /** Images whose digest of the asked kind is among the asked values; usually none, or one for each value. */
  readonly images: KnownImage[];
  /** True where an entry of some list, live or not, holds one of the asked values itself. */
  readonly listed: boolean;
  /** True where there is any entry at all; without, nothing can match. */
  readonly anyEntries: boolean;
  /** The caller's quota as it stands; null where the key is gone. */
  readonly quota: QuotaState | null;
}

interface Row extends AllowanceRow, Omit<ImageRow, "id"> {
  id: string | null;
  listed: boolean;
  any_entries: boolean;
}

// Nothing but index probes: this runs for every request. What only a known image or a listed hash needs (lists, entries,
// near-duplicates) is read when there is one.
function statement(kind: ExactKind, caller: "key" | "free"): string {
  return `select quota.*, exists (select from entry where entry.${kind} = any ($1::bytea[])) as listed,
      exists (select from entry) as any_entries, ${IMAGE_COLUMNS}
    from (values (1)) as one left join (${allowanceColumns(caller, "$2")}) as quota on true
      left join image on image.${kind} = any ($1::bytea[])`;
}

const KINDS = ["sha1", "sha256", "md5"] as const;
const KEYED = Object.fromEntries(KINDS.map((kind) => [kind, statement(kind, "key")])) as Record<ExactKind, string>;
const FREE = Object.fromEntries(KINDS.map((kind) => [kind, statement(kind, "free")])) as Record<ExactKind, string>;

/**
 * Looks exact digests up: one round trip, whatever is asked and whoever asks.
 * @param values lower-case hex of the kind's length
 */
export async function gateLookUp(
  db: Database,
  kind: ExactKind,
  values: readonly string[],
  caller: QuotaCaller,
): Promise<GateLookUp> {
  const bytes = values.map((value) => Buffer.from(value, "hex"));
  const { rows } = await db.pool.query<Row>(
    "keyId" in caller
      ? { name: `gate_key_${kind}`, text: KEYED[kind], values: [bytes, caller.keyId] }
      : { name: `gate_free_${kind}`, text: FREE[kind], values: [bytes, caller.address] },
  );
  const [first] = rows;
  return {
    images: rows.filter((row): row is Row & ImageRow => row.id !== null).map(parseImage),
    listed: first?.listed ?? false,
    anyEntries: first?.any_entries ?? false,
    quota: first === undefined ? null : parseAllowance(first, caller),
  };
}
