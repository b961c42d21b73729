import type pg from "pg";
import { writeAudit } from "../../src/db/audit-log.ts";
import { openAuditSnapshot, withAuditSnapshot } from "../../src/db/audit-snapshot.ts";
import type { Database } from "../../src/db/client.ts";
import { inTransaction } from "../../src/db/transaction.ts";
import { type AuditAnchor, type AuditVerdict, verifyAudit } from "../../src/services/verify-audit.ts";

/** Verifies what the client's transaction sees. */
export async function verifyIn(
  client: Pick<pg.ClientBase, "query">,
  anchors: readonly AuditAnchor[] = [],
): Promise<AuditVerdict> {
  return await verifyAudit(await openAuditSnapshot(client), { anchors, onProgress() {} });
}

/** Verifies the log of a database as the command does. */
export async function verifyDatabase(database: Database, anchors: readonly AuditAnchor[] = []): Promise<AuditVerdict> {
  return await withAuditSnapshot(database, (snapshot) => verifyAudit(snapshot, { anchors, onProgress() {} }));
}

/** How many rows there are. */
export async function countAudit(client: Pick<pg.ClientBase, "query">): Promise<number> {
  const { rows } = await client.query<{ count: number }>("select count(*)::int as count from audit");
  return rows[0]?.count ?? 0;
}

/** Writes rows such as admins leave, each in a transaction of its own; every one differs from every other. */
export async function fillAudit(database: Database, rows: number): Promise<void> {
  for (let row = 1; row <= rows; row++) {
    await inTransaction(database, (tx) =>
      writeAudit(tx, {
        actor: `key_${row % 5}`,
        action: row % 2 === 0 ? "entry.create" : "list.update",
        subject: `ent_${row}`,
        details: {
          kind: "disallow",
          list: `list ${row % 7}`,
          note: 'a "quoted" note, \\ and \n',
          n: row,
          nested: { deep: [row] },
        },
        ...(row % 3 > 0 && { requestId: `req_${row}` }),
      }),
    );
  }
}
