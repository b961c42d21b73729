import { and, asc, eq, gt, inArray, isNull, or, type SQL, sql } from "drizzle-orm";
import { type AuditEvent, writeAudit } from "./audit-log.ts";
import type { Database } from "./client.ts";
import type { EntryRow, NewEntry } from "./entries.ts";
import { replaceBits, type SearchBits } from "./entry-bits.ts";
import { entry, list } from "./schema.ts";
import { inTransaction } from "./transaction.ts";

/** What stored hashes are measured against. */
export interface HashVersions {
  /** The version of the fingerprint that is made now. */
  readonly current: number;
  /** Versions whose hashes are still searched. */
  readonly comparable: readonly number[];
  /** The model that makes neural hashes now; null where none does: then they are left as they are. */
  readonly neuralVersion: string | null;
}

/** An entry with hashes that are made otherwise now, and how its picture may be found. */
export interface StaleEntry {
  readonly id: bigint;
  readonly listName: string;
  readonly source: "image" | "url";
  readonly sha256: string | null;
  readonly customId: string | null;
  readonly sourceUrl: string | null;
  readonly fingerprintVersion: number | null;
  /** 64 hex digits, by the model `neuralVersion`; both null where none was made. */
  readonly neural: string | null;
  readonly neuralVersion: string | null;
  /** False where its perceptual hashes can't be compared with those of new pictures: it matches by its digests only. */
  readonly comparable: boolean;
}

export interface StaleCount {
  readonly entries: number;
  /** Those of them that are not comparable. */
  readonly incomparable: number;
}

/**
 * Entries made from pictures, in lists that are there; those that are lifted or have expired may be restored, and count. A
 * picture without detail has no neural hash, whatever the model.
 */
function isStale({ current, neuralVersion }: HashVersions, listName: string | null): SQL | undefined {
  return and(
    isNull(list.deletedAt),
    listName === null ? undefined : eq(list.name, listName),
    inArray(entry.source, ["image", "url"]),
    or(
      sql`${entry.fingerprintVersion} is distinct from ${current}`,
      neuralVersion === null
        ? undefined
        : and(eq(entry.detail, "sufficient"), sql`${entry.neuralVersion} is distinct from ${neuralVersion}`),
    ),
  );
}

function isComparable({ comparable }: HashVersions): SQL<boolean> {
  return sql<boolean>`coalesce(${entry.fingerprintVersion} = any (${sql.param([...comparable])}::int4[]), true)`;
}

/** Stale entries, of one list or of all, in the order they were added, at most `limit`, those behind the entry `after`. */
export async function pageStaleEntries(
  db: Pick<Database, "orm">,
  versions: HashVersions,
  listName: string | null,
  after: bigint,
  limit: number,
): Promise<StaleEntry[]> {
  const rows = await db.orm
    .select({
      id: entry.id,
      listName: list.name,
      source: sql<"image" | "url">`${entry.source}`,
      sha256: entry.sha256,
      customId: entry.customId,
      sourceUrl: entry.sourceUrl,
      fingerprintVersion: entry.fingerprintVersion,
      neural: entry.neural,
      neuralVersion: entry.neuralVersion,
      comparable: isComparable(versions),
    })
    .from(entry)
    .innerJoin(list, eq(list.id, entry.listId))
    .where(and(isStale(versions, listName), gt(entry.id, after)))
    .orderBy(asc(entry.id))
    .limit(limit);
  return rows;
}

export async function countStaleEntries(
  db: Pick<Database, "orm">,
  versions: HashVersions,
  listName: string | null = null,
): Promise<StaleCount> {
  const [count] = await db.orm
    .select({
      entries: sql<number>`count(*)::int`,
      incomparable: sql<number>`count(*) filter (where not ${isComparable(versions)})::int`,
    })
    .from(entry)
    .innerJoin(list, eq(list.id, entry.listId))
    .where(isStale(versions, listName));
  return count ?? { entries: 0, incomparable: 0 };
}

/** What a picture's hashes say, all of it: what is null here is null afterwards. */
export type FingerprintFields = Required<
  Pick<
    NewEntry,
    | "pdq"
    | "pdqQuality"
    | "blockhash"
    | "trimmedPdq"
    | "trimmedBlockhash"
    | "detail"
    | "detailCause"
    | "fingerprintVersion"
    | "neural"
    | "neuralVersion"
  >
>;

/**
 * Gives an entry the hashes that its picture has now, and the rows it is searched by, with the audit row, in one transaction.
 * Null where there is no such entry.
 */
export async function replaceFingerprints(
  db: Database,
  entryId: bigint,
  fields: FingerprintFields,
  bits: readonly SearchBits[],
  event: AuditEvent,
): Promise<EntryRow | null> {
  return await inTransaction(db, async (tx) => {
    const [row] = await tx
      .update(entry)
      .set({ ...fields, updatedAt: sql`now()` })
      .where(eq(entry.id, entryId))
      .returning();
    if (row === undefined) return null;
    await replaceBits(tx, entryId, bits);
    await writeAudit(tx, event);
    return row;
  });
}
