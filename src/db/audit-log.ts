import { audit } from "./schema.ts";
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
}

/** Writes an audit row; call it with the transaction of the change itself, so that neither is there without the other. */
export async function writeAudit(tx: Transaction, event: AuditEvent): Promise<void> {
  await tx.insert(audit).values({ ...event, details: event.details ?? {} });
}
