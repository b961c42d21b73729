import { and, asc, eq, getTableColumns, gt, inArray, isNull, or, type SQL, sql } from "drizzle-orm";
import { type AuditEvent, writeAudit } from "./audit-log.ts";
import type { Database } from "./client.ts";
import { insertBits, type SearchBits } from "./entry-bits.ts";
import { entry, list } from "./schema.ts";
import { inTransaction, type Transaction } from "./transaction.ts";

export type EntryRow = typeof entry.$inferSelect;
export type NewEntry = Omit<typeof entry.$inferInsert, "id" | "enabled" | "createdAt" | "updatedAt">;

/** True in SQL for an entry that matches now. */
const LIVE = and(entry.enabled, or(isNull(entry.expiresAt), gt(entry.expiresAt, sql`now()`)));

/** The order that entries were added in, in SQL: as the index for a list's pages has it. */
const ENTRY_ORDER = sql`(${entry.id} + 0)`;

/** What adding a picture did: a new entry, one put back in force or told more hashes, or nothing. */
export type EntryOutcome = "created" | "restored" | "completed" | "unchanged";

/**
 * Adds a picture to a list, with what it is searched by and the audit row, in one transaction. The same picture again gives
 * the entry that is there: hashes that it lacked are filled in, and one that was lifted or has expired is put back in force
 * with the new fields. Null where the list was deleted meanwhile.
 */
export async function insertEntry(
  db: Database,
  fields: NewEntry,
  bits: readonly SearchBits[],
  event: (row: EntryRow, outcome: Exclude<EntryOutcome, "unchanged">) => AuditEvent,
): Promise<{ row: EntryRow; outcome: EntryOutcome } | null> {
  return await inTransaction(db, async (tx) => {
    const lists = await tx
      .select({ id: list.id })
      .from(list)
      .where(and(eq(list.id, fields.listId), isNull(list.deletedAt)))
      .for("share");
    if (lists.length === 0) return null;
    const added = await tx.insert(entry).values(fields).onConflictDoNothing().returning();
    const { row, outcome } =
      added[0] === undefined ? await mergeIntoTwin(tx, fields) : { row: added[0], outcome: "created" as EntryOutcome };
    if (outcome === "unchanged") return { row, outcome };
    await insertBits(tx, row.id, bits.filter(isOf(row, fields)));
    await writeAudit(tx, event(row, outcome));
    return { row, outcome };
  });
}

/** Brings the entry that stands in another's way up to what the other one says. */
async function mergeIntoTwin(tx: Transaction, fields: NewEntry): Promise<{ row: EntryRow; outcome: EntryOutcome }> {
  const isTwin = and(eq(entry.listId, fields.listId), eq(entry.identity, fields.identity));
  const twins = await tx
    .select({ ...getTableColumns(entry), live: sql<boolean>`${LIVE}` })
    .from(entry)
    .where(isTwin)
    .for("update");
  const [twin] = twins;
  if (twin === undefined) throw new Error("An entry that stood in the way of another is gone");
  const { live, ...row } = twin;
  const missing = missingHashes(row, fields);
  const restored = live ? {} : restoredFields(fields);
  if (live && Object.keys(missing).length === 0) return { row, outcome: "unchanged" };
  const changed = await tx
    .update(entry)
    .set({ ...missing, ...restored, updatedAt: sql`now()` })
    .where(isTwin)
    .returning();
  return { row: changed[0] ?? row, outcome: live ? "completed" : "restored" };
}

function restoredFields({ customId, note, metadata, expiresAt }: NewEntry): Partial<EntryRow> {
  return {
    enabled: true,
    customId: customId ?? null,
    note: note ?? "",
    metadata: metadata ?? {},
    expiresAt: expiresAt ?? null,
  };
}

/**
 * The hashes that an entry lacks and another account of the same picture has, and what follows from them. Perceptual hashes
 * of two versions don't go together in one entry.
 */
function missingHashes(row: EntryRow, fields: NewEntry): Partial<EntryRow> {
  const versions = [row.fingerprintVersion, fields.fingerprintVersion ?? null];
  const mixed = !versions.includes(null) && versions[0] !== versions[1];
  const kinds = ["sha256", "sha1", "md5", "neural", ...(mixed ? [] : PERCEPTUAL_FIELDS)] as const;
  const lacking = kinds.filter((kind) => row[kind] === null && typeof fields[kind] === "string");
  if (lacking.length === 0) return {};
  return {
    ...Object.fromEntries(lacking.map((kind) => [kind, fields[kind]])),
    source: fields.source,
    sourceUrl: fields.sourceUrl ?? row.sourceUrl,
    neuralVersion: lacking.includes("neural") ? (fields.neuralVersion ?? null) : row.neuralVersion,
    ...(mixed ? {} : perceptualFacts(row, fields)),
  };
}

const PERCEPTUAL_FIELDS = ["pdq", "blockhash", "trimmedPdq", "trimmedBlockhash"] as const;

function perceptualFacts(row: EntryRow, fields: NewEntry): Partial<EntryRow> {
  return {
    pdqQuality: row.pdqQuality ?? fields.pdqQuality ?? null,
    fingerprintVersion: row.fingerprintVersion ?? fields.fingerprintVersion ?? null,
    ...(row.detail === "insufficient" && { detail: fields.detail, detailCause: fields.detailCause ?? null }),
  };
}

/** Whether bits are of a hash that the entry itself says: another account's may differ where versions do. */
function isOf(row: EntryRow, fields: NewEntry): (bits: SearchBits) => boolean {
  const columns = {
    pdq: ["pdq", "trimmedPdq"],
    blockhash: ["blockhash", "trimmedBlockhash"],
    neural: ["neural"],
  } as const;
  return ({ kind, variant }) => {
    const column = columns[kind][variant];
    return column !== undefined && row[column] !== null && row[column] === fields[column]?.toLowerCase();
  };
}

function within(listName: string, id: bigint): SQL | undefined {
  const listId = sql`(select ${list.id} from ${list} where ${list.name} = ${listName} and ${list.deletedAt} is null)`;
  return and(eq(entry.id, id), eq(entry.listId, listId));
}

export async function findEntry(db: Database, listName: string, id: bigint): Promise<EntryRow | null> {
  const rows = await db.orm.select().from(entry).where(within(listName, id));
  return rows[0] ?? null;
}

/** What entries of any list say of themselves, in no order; numbers that are no entry's are left out. */
export async function findEntriesById(
  db: Database,
  ids: readonly bigint[],
): Promise<Pick<EntryRow, "id" | "listId" | "metadata">[]> {
  if (ids.length === 0) return [];
  const { id, listId, metadata } = getTableColumns(entry);
  return await db.orm
    .select({ id, listId, metadata })
    .from(entry)
    .where(inArray(entry.id, [...ids]));
}

/** Which entries of a list to page through. */
export interface EntryFilter {
  /** Only entries that match now (true), or also lifted and expired ones. */
  readonly liveOnly: boolean;
  readonly customId: string | null;
}

/** Entries of a list in the order they were added, at most `limit`, those behind the entry `after`. */
export async function pageEntries(
  db: Database,
  listId: bigint,
  filter: EntryFilter,
  after: bigint,
  limit: number,
): Promise<EntryRow[]> {
  return await db.orm
    .select()
    .from(entry)
    .where(
      and(
        eq(entry.listId, listId),
        sql`${ENTRY_ORDER} > ${after}`,
        filter.liveOnly ? LIVE : undefined,
        filter.customId === null ? undefined : eq(entry.customId, filter.customId),
      ),
    )
    .orderBy(asc(ENTRY_ORDER))
    .limit(limit);
}

/** Ids of the entries of a list that match now, all of them, in the order they were added. */
export async function findLiveEntryIds(db: Database, listId: bigint): Promise<bigint[]> {
  const rows = await db.orm
    .select({ id: entry.id })
    .from(entry)
    .where(and(eq(entry.listId, listId), LIVE))
    .orderBy(asc(ENTRY_ORDER));
  return rows.map(({ id }) => id);
}

export type EntryChanges = Partial<Pick<EntryRow, "customId" | "note" | "metadata" | "expiresAt" | "enabled">>;

/** Changes an entry of a list; null where there is none. */
export async function changeEntry(
  db: Database,
  listName: string,
  id: bigint,
  changes: EntryChanges,
  event: AuditEvent,
): Promise<EntryRow | null> {
  return await inTransaction(db, async (tx) => {
    const rows = await tx
      .update(entry)
      .set({ ...changes, updatedAt: sql`now()` })
      .where(within(listName, id))
      .returning();
    const row = rows[0];
    if (row === undefined) return null;
    await writeAudit(tx, event);
    return row;
  });
}

/**
 * Lifts every entry of a list that is enabled; the audit row says how many. However many: it takes longer than requests'
 * statements may where they are some ten thousands.
 */
export async function disableEntries(
  db: Pick<Database, "patient">,
  listId: bigint,
  event: (entries: number) => AuditEvent,
): Promise<number> {
  return await inTransaction(db.patient, async (tx) => {
    const { rowCount } = await tx
      .update(entry)
      .set({ enabled: false, updatedAt: sql`now()` })
      .where(and(eq(entry.listId, listId), entry.enabled));
    const entries = rowCount ?? 0;
    if (entries > 0) await writeAudit(tx, event(entries));
    return entries;
  });
}
