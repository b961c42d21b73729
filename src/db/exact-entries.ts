import type { ExactKind } from "../fingerprint/fingerprint.ts";
import type { Database } from "./client.ts";

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

interface Row {
  id: string;
  custom_id: string | null;
  sha256: Buffer | null;
  sha1: Buffer | null;
  md5: Buffer | null;
  name: string;
  kind: "disallow" | "allow";
  action: "block" | "review";
}

/**
 * The live entries that hold any of the digests, in the order they were added.
 * @param listIds lists to search; null for every enabled one
 */
export async function findExactEntries(
  db: Database,
  digests: DigestSets,
  listIds: readonly bigint[] | null,
): Promise<ExactEntry[]> {
  const bytes = (hashes: readonly string[] = []) => hashes.map((hash) => Buffer.from(hash, "hex"));
  const { rows } = await db.pool.query<Row>({
    name: "find_exact_entries",
    text: `select entry.id, entry.custom_id, entry.sha256, entry.sha1, entry.md5, list.name, list.kind, list.action
      from (
        select id from entry where sha256 = any ($1::bytea[])
        union select id from entry where sha1 = any ($2::bytea[])
        union select id from entry where md5 = any ($3::bytea[])
      ) as found
      join entry on entry.id = found.id
      join list on list.id = entry.list_id
      where entry.enabled and (entry.expires_at is null or entry.expires_at > now())
        and list.enabled and list.deleted_at is null and ($4::bigint[] is null or list.id = any ($4::bigint[]))
      order by entry.id`,
    values: [bytes(digests.sha256), bytes(digests.sha1), bytes(digests.md5), listIds?.map(String) ?? null],
  });
  return rows.map((row) => ({
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
  }));
}
