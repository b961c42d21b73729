import type { AuditPage, AuditRecord } from "../services/page-audit.ts";

/** The native API's JSON of a page of the audit log. */
export function presentAudit({ rows, next, head }: AuditPage) {
  return { events: rows.map(presentEvent), next, head: head && { seq: Number(head.seq), hash: head.hash } };
}

function presentEvent({
  seq,
  atMicros,
  actor,
  action,
  subject,
  details,
  requestId,
  prevHash,
  hash,
  text,
}: AuditRecord) {
  return {
    seq: Number(seq),
    at: isoOfMicros(BigInt(atMicros)),
    actor,
    action,
    subject,
    details: JSON.parse(details) as Record<string, unknown>,
    request_id: requestId,
    prev_hash: prevHash,
    hash,
    text,
  };
}

/** Microseconds since 1970 as `2026-01-02T03:04:05.000006Z`. */
function isoOfMicros(micros: bigint): string {
  const millis = new Date(Number(micros / 1000n)).toISOString();
  return millis.replace("Z", `${(micros % 1000n).toString().padStart(3, "0")}Z`);
}
