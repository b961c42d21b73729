import type { AuditEvent } from "../db/audit-log.ts";
import type { KeyActor, RequestContext } from "./context.ts";

/**
 * What the audit row of a request's change says.
 * @param action `<noun>.<verb>`
 * @param subject public id or name of what was changed
 * @param details what was asked; no secret
 */
export function auditEvent(
  { requestId }: RequestContext,
  actor: KeyActor,
  action: string,
  subject: string,
  details: Readonly<Record<string, unknown>> = {},
): AuditEvent {
  return { actor: actor.id, action, subject, details, requestId };
}
