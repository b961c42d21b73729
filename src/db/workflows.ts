import { and, asc, eq, gt, inArray, isNull, ne, sql } from "drizzle-orm";
import { type AuditEvent, writeAudit } from "./audit-log.ts";
import type { Database } from "./client.ts";
import { list, type WorkflowRule, workflow } from "./schema.ts";
import { inTransaction } from "./transaction.ts";

export type WorkflowRow = typeof workflow.$inferSelect;
export type { WorkflowRule };
export type WorkflowFields = Pick<WorkflowRow, "name" | "description" | "rules">;

export async function insertWorkflow(
  db: Database,
  row: WorkflowFields & Pick<WorkflowRow, "id" | "createdBy">,
  event: AuditEvent,
): Promise<WorkflowRow> {
  return await inTransaction(db, async (tx) => {
    const rows = await tx.insert(workflow).values(row).returning();
    await writeAudit(tx, event);
    const [inserted] = rows;
    if (inserted === undefined) throw new Error("A workflow was not stored");
    return inserted;
  });
}

function isThere(id: string) {
  return and(eq(workflow.id, id), isNull(workflow.deletedAt));
}

export async function findWorkflow(db: Database, id: string): Promise<WorkflowRow | null> {
  const rows = await db.orm.select().from(workflow).where(isThere(id));
  return rows[0] ?? null;
}

/** Workflows in the order of their ids, at most `limit`, those behind `after`. */
export async function pageWorkflows(db: Database, after: string, limit: number): Promise<WorkflowRow[]> {
  return await db.orm
    .select()
    .from(workflow)
    .where(and(isNull(workflow.deletedAt), gt(workflow.id, after)))
    .orderBy(asc(workflow.id))
    .limit(limit);
}

/** Changes a workflow; null where there is none of that id. */
export async function changeWorkflow(
  db: Database,
  id: string,
  fields: Partial<WorkflowFields>,
  event: AuditEvent,
): Promise<WorkflowRow | null> {
  return await inTransaction(db, async (tx) => {
    const rows = await tx
      .update(workflow)
      .set({ ...fields, updatedAt: sql`now()` })
      .where(isThere(id))
      .returning();
    const [row] = rows;
    if (row === undefined) return null;
    await writeAudit(tx, event);
    return row;
  });
}

/** Takes a workflow out of use; it stays for the record. False where there is none. */
export async function retireWorkflow(db: Database, id: string, event: AuditEvent): Promise<boolean> {
  return await inTransaction(db, async (tx) => {
    const rows = await tx
      .update(workflow)
      .set({ deletedAt: sql`now()`, updatedAt: sql`now()` })
      .where(isThere(id))
      .returning({ id: workflow.id });
    if (rows.length === 0) return false;
    await writeAudit(tx, event);
    return true;
  });
}

/** Which of these names are lists of pictures, enabled or not. */
export async function findPictureLists(db: Database, names: readonly string[]): Promise<Set<string>> {
  if (names.length === 0) return new Set();
  const rows = await db.orm
    .select({ name: list.name })
    .from(list)
    .where(and(isNull(list.deletedAt), ne(list.kind, "names"), inArray(list.name, [...names])));
  return new Set(rows.map(({ name }) => name));
}
