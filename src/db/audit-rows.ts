import { and, asc, desc, eq, gt, gte, lt, sql } from "drizzle-orm";
import type { AuditRow } from "./audit-text.ts";
import type { Database } from "./client.ts";
import { audit } from "./schema.ts";

/** Which rows to page through; null: whichever. */
export interface AuditFilter {
  readonly actor: string | null;
  readonly action: string | null;
  readonly subject: string | null;
  /** Inclusive. */
  readonly since: Date | null;
  /** Exclusive. */
  readonly until: Date | null;
}

export type AuditOrder = "newest" | "oldest";

/**
 * Rows that a filter lets through, newest or oldest first, at most `limit`, those behind the row numbered `after` in that order
 * (null: from the first one on).
 */
export async function pageAudit(
  db: Database,
  filter: AuditFilter,
  order: AuditOrder,
  after: bigint | null,
  limit: number,
): Promise<AuditRow[]> {
  const { actor, action, subject, since, until } = filter;
  const behind = order === "newest" ? lt : gt;
  return await db.orm
    .select({
      seq: audit.seq,
      atMicros: sql<string>`trunc(extract(epoch from ${audit.at}) * 1000000)::text`,
      actor: audit.actor,
      action: audit.action,
      subject: audit.subject,
      details: sql<string>`${audit.details}::text`,
      requestId: audit.requestId,
      prevHash: audit.prevHash,
      hash: audit.hash,
    })
    .from(audit)
    .where(
      and(
        after === null ? undefined : behind(audit.seq, after),
        actor === null ? undefined : eq(audit.actor, actor),
        action === null ? undefined : eq(audit.action, action),
        subject === null ? undefined : eq(audit.subject, subject),
        since === null ? undefined : gte(audit.at, since),
        until === null ? undefined : lt(audit.at, until),
      ),
    )
    .orderBy(order === "newest" ? desc(audit.seq) : asc(audit.seq))
    .limit(limit);
}
