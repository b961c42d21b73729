import { and, asc, eq, getTableColumns, gt, isNotNull, isNull, sql } from "drizzle-orm";
import { type AuditEvent, writeAudit } from "./audit-log.ts";
import type { Database } from "./client.ts";
import { PERIOD_OVER } from "./quota-state.ts";
import { apiKey } from "./schema.ts";
import { inTransaction, withLock } from "./transaction.ts";

export type ApiKeyRow = typeof apiKey.$inferSelect;
/** The columns of a row, with `used` as of now: nothing once the period it was counted in is over. */
const presentColumns = {
  ...getTableColumns(apiKey),
  used: sql<number>`case when ${sql.raw(PERIOD_OVER)} then 0 else ${apiKey.used} end`.mapWith(apiKey.used),
};

export type NewApiKey = Pick<ApiKeyRow, "id" | "name" | "secretHash" | "scopes" | "quotaLimit" | "quotaPeriod"> &
  Partial<Pick<ApiKeyRow, "blockThreshold" | "reviewThreshold" | "suggestiveReviewThreshold">>;

/** The key as authentication needs it; null where it does not exist or was revoked. */
export async function findLiveKey(db: Database, id: string): Promise<ApiKeyRow | null> {
  const rows = await db.orm
    .select(presentColumns)
    .from(apiKey)
    .where(and(eq(apiKey.id, id), isNull(apiKey.revokedAt)));
  return rows[0] ?? null;
}

/** A key, revoked or not, with what it used in the present period; null where there is none. */
export async function findKey(db: Database, id: string): Promise<ApiKeyRow | null> {
  const rows = await db.orm.select(presentColumns).from(apiKey).where(eq(apiKey.id, id));
  return rows[0] ?? null;
}

/** Keys in the order of their ids, revoked ones too; at most `limit`, those behind `after`. */
export async function pageKeys(db: Database, after: string, limit: number): Promise<ApiKeyRow[]> {
  return await db.orm
    .select(presentColumns)
    .from(apiKey)
    .where(gt(apiKey.id, after))
    .orderBy(asc(apiKey.id))
    .limit(limit);
}

export async function insertKey(db: Database, key: NewApiKey, event: AuditEvent): Promise<ApiKeyRow> {
  return await inTransaction(db, async (tx) => {
    const rows = await tx.insert(apiKey).values(key).returning();
    await writeAudit(tx, event);
    const row = rows[0];
    if (row === undefined) throw new Error("An API key was not stored");
    return row;
  });
}

export type ApiKeyChanges = Partial<
  Pick<
    ApiKeyRow,
    | "name"
    | "scopes"
    | "quotaLimit"
    | "quotaPeriod"
    | "blockThreshold"
    | "reviewThreshold"
    | "suggestiveReviewThreshold"
    | "secretHash"
  >
> & {
  readonly rotated?: boolean;
  readonly revoked?: boolean;
  /** Units to add to a stock. */
  readonly refill?: number;
};

/**
 * Changes a key that is not revoked; null where there is none, or where there is a refill and the key, so changed, is no
 * stock (a limit and the period none). Another period starts with nothing used; a refill raises a stock's limit.
 */
export async function changeKey(
  db: Database,
  id: string,
  changes: ApiKeyChanges,
  event: AuditEvent,
): Promise<ApiKeyRow | null> {
  const { rotated, revoked, refill, ...columns } = changes;
  const period = columns.quotaPeriod;
  const samePeriod = sql`${apiKey.quotaPeriod} = ${period}`;
  const limit = sql`${columns.quotaLimit === undefined ? apiKey.quotaLimit : columns.quotaLimit}::bigint`;
  const isStock = sql`${limit} is not null and ${period ?? apiKey.quotaPeriod}::text = 'none'`;
  return await inTransaction(db, async (tx) => {
    const rows = await tx
      .update(apiKey)
      .set({
        ...columns,
        ...(period && {
          used: sql`case when ${samePeriod} then ${apiKey.used} else 0 end`,
          periodStartedAt: sql`case when ${samePeriod} then ${apiKey.periodStartedAt} else now() end`,
        }),
        ...(refill !== undefined && { quotaLimit: sql`${limit} + ${refill}::bigint` }),
        ...(rotated && { rotatedAt: sql`now()` }),
        ...(revoked && { revokedAt: sql`now()` }),
      })
      .where(and(eq(apiKey.id, id), isNull(apiKey.revokedAt), refill === undefined ? undefined : isStock))
      .returning(presentColumns);
    const row = rows[0];
    if (row === undefined) return null;
    await writeAudit(tx, event);
    return row;
  });
}

/**
 * Makes the key that the configuration fixes known, so that its usage can be counted; the audit row comes with the start that
 * does it, and with none after.
 */
export async function insertFixedKey(db: Pick<Database, "pool">, key: NewApiKey, event: AuditEvent): Promise<void> {
  await inTransaction(db, async (tx) => {
    const made = await tx.insert(apiKey).values(key).onConflictDoNothing().returning({ id: apiKey.id });
    if (made.length > 0) await writeAudit(tx, event);
  });
}

/**
 * Stores a first admin key where no key with the admin scope is in force: none was made, or all were revoked (the key
 * ADMIN_KEY fixes does not count). Of several processes that start at once only one does; true for that one.
 */
export async function insertFirstAdminKey(
  db: Pick<Database, "pool">,
  key: NewApiKey,
  event: AuditEvent,
): Promise<boolean> {
  return await withLock(db, "first_admin_key", async (tx) => {
    const admins = await tx
      .select({ id: apiKey.id })
      .from(apiKey)
      .where(and(sql`'admin' = any(${apiKey.scopes})`, isNotNull(apiKey.secretHash), isNull(apiKey.revokedAt)))
      .limit(1);
    if (admins.length > 0) return false;
    await tx.insert(apiKey).values(key);
    await writeAudit(tx, event);
    return true;
  });
}
