import { and, asc, eq, getTableColumns, gt, isNull, or, type SQL, sql } from "drizzle-orm";
import { type AuditEvent, writeAudit } from "./audit-log.ts";
import type { Database } from "./client.ts";
import { entry, entryBlockhash, entryPdq, list } from "./schema.ts";
import type { Transaction } from "./transaction.ts";

export type EntryRow = typeof entry.$inferSelect;
export type NewEntry = Omit<typeof entry.$inferInsert, "id" | "enabled" | "createdAt" | "updatedAt">;

/** Bits the distance search finds an entry by, as PostgreSQL's bit input takes them; null keeps a kind out of it. */
export interface SearchBits {
  readonly pdq: string | null;
  readonly blockhash: string | null;
}

/** True in SQL for an entry that matches now. */
const LIVE = and(entry.enabled, or(isNull(entry.expiresAt), gt(entry.expiresAt, sql`now()`)));

/**
 * Adds a picture to a list, with what it is searched by and the audit row, in one transaction. The same picture again
 * gives the entry that is there; one that was lifted or has expired is put back in force with the new fields.
 */
export async function insertEntry(
  db: Database,
  fields: NewEntry,
  bits: SearchBits,
  event: (row: EntryRow, outcome: EntryOutcome) => AuditEvent,
): Promise<{ row: EntryRow; outcome: EntryOutcome }> {
  return await db.orm.transaction(async (tx) => {
    const added = await tx
      .insert(entry)
      .values(fields)
      .onConflictDoUpdate({
        target: [entry.listId, entry.identity],
        set: {
          enabled: true,
          customId: fields.customId ?? null,
          note: fields.note ?? "",
          expiresAt: fields.expiresAt ?? null,
          updatedAt: sql`now()`,
        },
        setWhere: sql`not (${LIVE})`,
      })
      .returning({ ...getTableColumns(entry), created: sql<boolean>`${entry}.xmax = 0` });
    const first = added[0];
    if (first === undefined) {
      const row = await findTwin(tx, fields);
      return { row, outcome: "unchanged" };
    }
    const { created, ...row } = first;
    const outcome = created ? "created" : "restored";
    if (created) await insertBits(tx, row.id, bits);
    await writeAudit(tx, event(row, outcome));
    return { row, outcome };
  });
}

/** What adding a picture did: a new entry, one put back in force, or nothing since it was in force already. */
export type EntryOutcome = "created" | "restored" | "unchanged";

async function findTwin(tx: Transaction, fields: NewEntry): Promise<EntryRow> {
  const rows = await tx
    .select()
    .from(entry)
    .where(and(eq(entry.listId, fields.listId), eq(entry.identity, fields.identity)));
  const row = rows[0];
  if (row === undefined) throw new Error("An entry that stood in the way of another is gone");
  return row;
}

async function insertBits(tx: Transaction, entryId: bigint, bits: SearchBits): Promise<void> {
  if (bits.pdq !== null) await tx.insert(entryPdq).values({ entryId, bits: bits.pdq });
  if (bits.blockhash !== null) await tx.insert(entryBlockhash).values({ entryId, bits: bits.blockhash });
}

function within(listName: string, id: bigint): SQL | undefined {
  const listId = sql`(select ${list.id} from ${list} where ${list.name} = ${listName} and ${list.deletedAt} is null)`;
  return and(eq(entry.id, id), eq(entry.listId, listId));
}

export async function findEntry(db: Database, listName: string, id: bigint): Promise<EntryRow | null> {
  const rows = await db.orm.select().from(entry).where(within(listName, id));
  return rows[0] ?? null;
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
        gt(entry.id, after),
        filter.liveOnly ? LIVE : undefined,
        filter.customId === null ? undefined : eq(entry.customId, filter.customId),
      ),
    )
    .orderBy(asc(entry.id))
    .limit(limit);
}

export type EntryChanges = Partial<Pick<EntryRow, "customId" | "note" | "expiresAt" | "enabled">>;

/** Changes an entry of a list; null where there is none. */
export async function changeEntry(
  db: Database,
  listName: string,
  id: bigint,
  changes: EntryChanges,
  event: AuditEvent,
): Promise<EntryRow | null> {
  return await db.orm.transaction(async (tx) => {
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
