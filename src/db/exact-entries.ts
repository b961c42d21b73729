import type { Digests, ExactKind } from "../fingerprint/fingerprint.ts";
import type { Database } from "./client.ts";

/** A live entry that holds one of the digests asked for. */
export interface ExactEntry {
  readonly entryId: bigint;
  readonly listId: bigint;
  readonly customId: string | null;
  /** The entry's digests, lower-case hex. */
  readonly digests: { readonly [kind in ExactKind]: string | null };
}

export interface ExactEntryJson {
  entry_id: string;
  list_id: string;
  custom_id: string | null;
  sha256: string | null;
  sha1: string | null;
  md5: string | null;
}

export const EXACT_ENTRY_JSON = `json_build_object('entry_id', entry.id::text, 'list_id', entry.list_id::text,
      'custom_id', entry.custom_id, 'sha256', encode(entry.sha256, 'hex'), 'sha1', encode(entry.sha1, 'hex'),
      'md5', encode(entry.md5, 'hex'))`;

export function parseExactEntry(json: ExactEntryJson): ExactEntry {
  return {
    entryId: BigInt(json.entry_id),
    listId: BigInt(json.list_id),
    customId: json.custom_id,
    digests: { sha256: json.sha256, sha1: json.sha1, md5: json.md5 },
  };
}

/** The live entries of the given lists that hold any of one image's three digests; at most `limit` of them. */
export async function findExactEntries(
  db: Database,
  digests: Digests,
  listIds: readonly bigint[],
  limit: number,
): Promise<ExactEntry[]> {
  const result = await db.pool.query<{ entry: ExactEntryJson }>({
    name: "find_exact_entries",
    text: `select ${EXACT_ENTRY_JSON} as entry
      from entry join list on list.id = entry.list_id
      where entry.id in (
          select id from entry where sha256 = $1
          union all select id from entry where sha1 = $2
          union all select id from entry where md5 = $3)
        and entry.enabled and (entry.expires_at is null or entry.expires_at > now())
        and list.enabled and list.deleted_at is null and list.id = any($4::bigint[])
      order by entry.id limit $5`,
    values: [
      Buffer.from(digests.sha256, "hex"),
      Buffer.from(digests.sha1, "hex"),
      Buffer.from(digests.md5, "hex"),
      listIds.map(String),
      limit,
    ],
  });
  return result.rows.map((row) => parseExactEntry(row.entry));
}
