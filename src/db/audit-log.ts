import { sql } from "drizzle-orm";
import type { Transaction } from "./transaction.ts";

/** One change an admin made. `details` holds no secret. */
export interface AuditEvent {
  /** Id of the API key that asked, or `system`. */
  readonly actor: string;
  /** `<noun>.<verb>`, as `list.create`. */
  readonly action: string;
  /** Public id or name of what was changed. */
  readonly subject: string;
  readonly details?: Readonly<Record<string, unknown>>;
  /** Of the request that asked for it; nothing where none did. */
  readonly requestId?: string;
}

/**
 * Writes an audit row; call it with the transaction of the change itself, so that neither is there without the other, and
 * call it last: from here to the commit no other transaction of any process can add a row, since each is chained to the
 * one before. What is locked earlier is then never waited for with this lock in hand.
 */
export async function writeAudit(tx: Transaction, event: AuditEvent): Promise<void> {
  const { actor, action, subject, details = {}, requestId = null } = event;
  // The number, the time and the hashes are the database's to give.
  await tx.execute(sql`insert into audit (actor, action, subject, details, request_id)
    values (${actor}, ${action}, ${subject}, ${JSON.stringify(details)}::jsonb, ${requestId})`);
}
