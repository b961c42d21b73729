import { type AuditHead, readAuditHead } from "../db/audit-head.ts";
import { type AuditFilter, type AuditOrder, pageAudit as pageRows } from "../db/audit-rows.ts";
import { type AuditRow, auditText } from "../db/audit-text.ts";
import type { RequestContext } from "./context.ts";
import { cutPage, type Page } from "./page.ts";
import { requireScope } from "./require-scope.ts";

export type { AuditFilter, AuditHead, AuditOrder };

/** A row with the text that its hash is of. */
export interface AuditRecord extends AuditRow {
  readonly text: string;
}

export interface AuditPage extends Page<AuditRecord> {
  /** Where the log ended after the page was read; null where somebody has removed that note. */
  readonly head: AuditHead | null;
}

/** Rows of the audit log that a filter lets through, those behind the row `after`, and where the log ends. */
export async function pageAudit(
  ctx: RequestContext,
  filter: AuditFilter,
  order: AuditOrder,
  after: bigint | null,
  limit: number,
): Promise<AuditPage> {
  requireScope(ctx, "admin");
  const found = await pageRows(ctx.db, filter, order, after, limit + 1);
  const head = await readAuditHead(ctx.db.pool);
  const records = found.map((row) => ({ ...row, text: auditText(row) }));
  return { ...cutPage(records, limit, ({ seq }) => seq.toString()), head };
}
