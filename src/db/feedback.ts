import { and, desc, eq, getTableColumns, gte, lt, sql } from "drizzle-orm";
import { type AuditEvent, writeAudit } from "./audit-log.ts";
import type { Database } from "./client.ts";
import { feedback } from "./schema.ts";
import { inTransaction } from "./transaction.ts";

const { picture, ...columns } = getTableColumns(feedback);
// Pictures have up to 20 MiB: only who asks for one reads it.
const rowColumns = { ...columns, hasPicture: sql<boolean>`${picture} is not null` };

export type FeedbackRow = Omit<typeof feedback.$inferSelect, "picture"> & { readonly hasPicture: boolean };
export type NewFeedback = Omit<typeof feedback.$inferInsert, "id" | "createdAt" | "updatedAt">;

/** Which feedback to page through; null: whichever. */
export interface FeedbackFilter {
  /** 64 lower-case hex digits. */
  readonly sha256: string | null;
  readonly model: string | null;
  readonly class: string | null;
  readonly keyId: string | null;
  readonly surface: string | null;
  /** Given or changed at or after this time. */
  readonly since: Date | null;
}

/** Stores what a caller says of a picture, in the place of what the same caller said of it before by that model. */
export async function putFeedback(db: Database, said: NewFeedback): Promise<FeedbackRow> {
  const { keyId: _key, sha256: _sha256, surface: _surface, model: _model, ...rest } = said;
  const rows = await db.orm
    .insert(feedback)
    .values(said)
    .onConflictDoUpdate({
      target: [feedback.sha256, feedback.keyId, feedback.surface, feedback.model],
      set: { ...rest, updatedAt: sql`now()` },
    })
    .returning(rowColumns);
  const [row] = rows;
  if (row === undefined) throw new Error("Feedback was not stored");
  return row;
}

/** What a filter lets through, first what was first given last, at most `limit`; with `before` only what stands below it. */
export async function pageFeedback(
  db: Database,
  filter: FeedbackFilter,
  before: bigint | null,
  limit: number,
): Promise<FeedbackRow[]> {
  const { sha256, model, keyId, surface, since } = filter;
  return await db.orm
    .select(rowColumns)
    .from(feedback)
    .where(
      and(
        before === null ? undefined : lt(feedback.id, before),
        sha256 === null ? undefined : eq(feedback.sha256, sha256),
        model === null ? undefined : eq(feedback.model, model),
        filter.class === null ? undefined : eq(feedback.class, filter.class),
        keyId === null ? undefined : eq(feedback.keyId, keyId),
        surface === null ? undefined : eq(feedback.surface, surface),
        since === null ? undefined : gte(feedback.updatedAt, since),
      ),
    )
    .orderBy(desc(feedback.id))
    .limit(limit);
}

export async function findFeedback(db: Database, id: bigint): Promise<FeedbackRow | null> {
  const rows = await db.orm.select(rowColumns).from(feedback).where(eq(feedback.id, id));
  return rows[0] ?? null;
}

/** The picture that came with feedback; `bytes` null where it wasn't kept, null where there is no such feedback. */
export async function findFeedbackPicture(db: Database, id: bigint): Promise<{ readonly bytes: Buffer | null } | null> {
  const rows = await db.orm.select({ bytes: picture }).from(feedback).where(eq(feedback.id, id));
  return rows[0] ?? null;
}

/** Deletes feedback, its picture too; false where there is none. */
export async function removeFeedback(
  db: Database,
  id: bigint,
  event: (row: FeedbackRow) => AuditEvent,
): Promise<boolean> {
  return await inTransaction(db, async (tx) => {
    const rows = await tx.delete(feedback).where(eq(feedback.id, id)).returning(rowColumns);
    const [row] = rows;
    if (row === undefined) return false;
    await writeAudit(tx, event(row));
    return true;
  });
}
