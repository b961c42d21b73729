import { and, desc, eq, getTableColumns, gt, gte, isNotNull, lt, ne, or, sql } from "drizzle-orm";
import { type AuditEvent, writeAudit } from "./audit-log.ts";
import type { Database } from "./client.ts";
import { feedback } from "./schema.ts";
import { inTransaction, type Transaction, withLock } from "./transaction.ts";

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

/** How long room is reserved for a picture that is still to be written; past it the process that reserved it counts as dead. */
const RESERVED = sql`interval '2 minutes'`;

/** Most that is kept of one key. */
export interface FeedbackBounds {
  readonly rows: number;
  /** Bytes of pictures, all together. */
  readonly pictureBytes: number;
}

/**
 * Stores what a caller says of a picture, in the place of what the same caller said of it before by that model; null, and
 * nothing stored, where the key has as much feedback as is kept of one. A picture that its key has no room for is left out.
 * One process at a time counts and stores for a key, so that no number of simultaneous calls gets beyond the bounds; a
 * picture's bytes are written afterwards, into the room reserved for them, since others would have to wait for that.
 */
export async function putFeedback(
  db: Database,
  { picture: given, ...said }: NewFeedback,
  bounds: FeedbackBounds,
): Promise<FeedbackRow | null> {
  const row = await withLock(db, `lookalike feedback of ${said.keyId}`, async (tx) => {
    const before = await findSaid(tx, said);
    if (before === null && (await tx.$count(feedback, eq(feedback.keyId, said.keyId))) >= bounds.rows) return null;
    const fits =
      given != null && given.length <= bounds.pictureBytes - (await otherPictureBytes(tx, said.keyId, before));
    return await upsertFeedback(tx, { ...said, pictureBytes: fits ? given.length : null });
  });
  if (row === null || row.pictureBytes === null || row.hasPicture) return row;
  const written = await db.orm
    .update(feedback)
    .set({ picture: given })
    .where(
      and(eq(feedback.id, row.id), isNotNull(feedback.pictureBytes), gt(feedback.updatedAt, sql`now() - ${RESERVED}`)),
    )
    .returning(rowColumns);
  return written[0] ?? row;
}

async function findSaid(tx: Transaction, { sha256, keyId, surface, model }: NewFeedback): Promise<FeedbackRow | null> {
  const said = and(
    eq(feedback.sha256, sha256),
    eq(feedback.keyId, keyId),
    eq(feedback.surface, surface),
    eq(feedback.model, model),
  );
  const rows = await tx.select(rowColumns).from(feedback).where(said);
  return rows[0] ?? null;
}

async function otherPictureBytes(tx: Transaction, keyId: string, said: FeedbackRow | null): Promise<number> {
  const [kept] = await tx
    .select({ bytes: sql`coalesce(sum(${feedback.pictureBytes}), 0)`.mapWith(Number) })
    .from(feedback)
    .where(
      and(
        eq(feedback.keyId, keyId),
        isNotNull(feedback.pictureBytes),
        or(isNotNull(picture), gt(feedback.updatedAt, sql`now() - ${RESERVED}`)),
        said === null ? undefined : ne(feedback.id, said.id),
      ),
    );
  return kept?.bytes ?? 0;
}

/** The same bytes have the same picture, so one that is there stays where it still fits. */
async function upsertFeedback(tx: Transaction, said: NewFeedback): Promise<FeedbackRow> {
  const { keyId: _key, sha256: _sha256, surface: _surface, model: _model, ...rest } = said;
  const rows = await tx
    .insert(feedback)
    .values(said)
    .onConflictDoUpdate({
      target: [feedback.sha256, feedback.keyId, feedback.surface, feedback.model],
      set: { ...rest, picture: said.pictureBytes === null ? null : sql`feedback.picture`, updatedAt: sql`now()` },
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
