import { createHash } from "node:crypto";

/** One row of the audit log, its columns as the texts that its hash is of. */
export interface AuditRow {
  readonly seq: bigint;
  /** Microseconds since 1970, UTC, in decimal digits. */
  readonly atMicros: string;
  /** Id of the API key that asked, or `system`. */
  readonly actor: string;
  readonly action: string;
  readonly subject: string;
  /** JSON, as PostgreSQL writes a `jsonb`. */
  readonly details: string;
  readonly requestId: string | null;
  /** 64 hex digits: the hash of the row before, zeros in the first. */
  readonly prevHash: string;
  /** 64 hex digits: SHA-256 of {@link auditText}. */
  readonly hash: string;
}

/** What the chain begins with, in the place of a row before the first. */
export const CHAIN_START = "0".repeat(64);

/**
 * What the hash of a row is of: a JSON array (RFC 8259) without blanks, of texts alone, so that no two rows have the same. The
 * database makes it by itself when it chains a row (function audit_text of migration 0006); verification goes by this one.
 */
export function auditText(row: Omit<AuditRow, "hash">): string {
  const { prevHash, seq, atMicros, actor, action, subject, details, requestId } = row;
  return JSON.stringify([prevHash, seq.toString(), atMicros, actor, action, subject, details, requestId]);
}

/** The hash that a row must have, 64 hex digits. */
export function auditHash(row: Omit<AuditRow, "hash">): string {
  return createHash("sha256").update(auditText(row), "utf8").digest("hex");
}
