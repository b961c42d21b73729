import { and, asc, eq, gt, inArray, isNull, ne, sql } from "drizzle-orm";
import { type AuditEvent, writeAudit } from "./audit-log.ts";
import type { Database } from "./client.ts";
import { list, type Metadata, workflow } from "./schema.ts";
import { isUniqueViolation } from "./sql-state.ts";
import { inTransaction, type Transaction } from "./transaction.ts";

export type ListRow = typeof list.$inferSelect;
export type ListFields = Pick<
  typeof list.$inferInsert & ListRow,
  | "kind"
  | "action"
  | "pdqThreshold"
  | "blockhashThreshold"
  | "agreementPdqThreshold"
  | "agreementBlockhashThreshold"
  | "neuralThreshold"
  | "neuralVectorThreshold"
  | "match"
  | "description"
  | "enabled"
> & { readonly metadata?: Metadata };

/** Adds a list; null where one of that name exists. */
export async function insertList(
  db: Database,
  name: string,
  fields: ListFields,
  event: AuditEvent,
): Promise<ListRow | null> {
  try {
    return await inTransaction(db, async (tx) => {
      const rows = await tx
        .insert(list)
        .values({ name, ...fields })
        .returning();
      await writeAudit(tx, event);
      return rows[0] ?? null;
    });
  } catch (error) {
    if (isUniqueViolation(error, "list_name")) return null;
    throw error;
  }
}

export async function findList(db: Database, name: string): Promise<ListRow | null> {
  const rows = await db.orm
    .select()
    .from(list)
    .where(and(eq(list.name, name), isNull(list.deletedAt)));
  return rows[0] ?? null;
}

/** Lists of these names, in no order; names that are no list's are left out. */
export async function findListsByName(db: Database, names: readonly string[]): Promise<ListRow[]> {
  if (names.length === 0) return [];
  return await db.orm
    .select()
    .from(list)
    .where(and(inArray(list.name, [...names]), isNull(list.deletedAt)));
}

export async function findListById(db: Database, id: bigint): Promise<ListRow | null> {
  const rows = await db.orm
    .select()
    .from(list)
    .where(and(eq(list.id, id), isNull(list.deletedAt)));
  return rows[0] ?? null;
}

/** Lists by name, at most `limit`, those behind `after` in order. */
export async function pageLists(db: Database, after: string, limit: number): Promise<ListRow[]> {
  return await db.orm
    .select()
    .from(list)
    .where(and(isNull(list.deletedAt), gt(list.name, after)))
    .orderBy(asc(list.name))
    .limit(limit);
}

/** What of a list may be changed. */
export type ListChanges = Partial<ListFields> & { readonly name?: string };

/**
 * Changes a list; null where there is none of that name, or where what it holds would no longer be of its kind; `taken`
 * where another list has the new name. Workflows go on naming a list that gets another name.
 */
export async function changeList(
  db: Database,
  name: string,
  fields: ListChanges,
  event: AuditEvent,
): Promise<ListRow | null | "taken"> {
  try {
    return await inTransaction(db, async (tx) => {
      const rows = await tx
        .update(list)
        .set({ ...fields, updatedAt: sql`now()` })
        .where(and(eq(list.name, name), isNull(list.deletedAt), keepsItsEntries(fields.kind)))
        .returning();
      const row = rows[0];
      if (row === undefined) return null;
      if (row.name !== name) await renameInWorkflows(tx, name, row.name);
      await writeAudit(tx, event);
      return row;
    });
  } catch (error) {
    if (isUniqueViolation(error, "list_name")) return "taken";
    throw error;
  }
}

async function renameInWorkflows(tx: Transaction, from: string, to: string): Promise<void> {
  const rules = sql`(
    select jsonb_agg(case when rule->'when'->>'list' = ${from} then jsonb_set(rule, '{when,list}', to_jsonb(${to}::text))
      else rule end order by place)
    from jsonb_array_elements(${workflow.rules}) with ordinality as each (rule, place))`;
  await tx
    .update(workflow)
    .set({ rules, updatedAt: sql`now()` })
    .where(
      and(isNull(workflow.deletedAt), sql`${workflow.rules} @> ${JSON.stringify([{ when: { list: from } }])}::jsonb`),
    );
}

/** Pictures and patterns of names don't go into one list. */
function keepsItsEntries(kind: ListRow["kind"] | undefined) {
  if (kind === undefined) return undefined;
  return kind === "names" ? eq(list.kind, "names") : ne(list.kind, "names");
}

/** Takes a list out of use and frees its name; its entries stay for the record. False where there is none. */
export async function retireList(db: Database, name: string, event: AuditEvent): Promise<boolean> {
  return await inTransaction(db, async (tx) => {
    const rows = await tx
      .update(list)
      .set({ deletedAt: sql`now()`, updatedAt: sql`now()` })
      .where(and(eq(list.name, name), isNull(list.deletedAt)))
      .returning({ id: list.id });
    if (rows.length === 0) return false;
    await writeAudit(tx, event);
    return true;
  });
}
