import type { ClientBase } from "pg";
import { type AuditHead, readAuditHead } from "./audit-head.ts";
import type { AuditRow } from "./audit-text.ts";
import type { Database } from "./client.ts";

/** The whole audit log as it was at one moment. */
export interface AuditSnapshot {
  /** Null where somebody has removed it. */
  readonly head: AuditHead | null;
  /** Every row by its number, a page at a time. */
  pages(): AsyncGenerator<readonly AuditRow[]>;
}

const PAGE_ROWS = 1_000;

// Every column as text, whatever somebody may have put there: an infinite time is one too. By a cursor and not by number from
// page to page, so that of two rows with one number both are seen.
const OPEN = `declare audit_rows no scroll cursor for
  select seq::text as seq, trunc(extract(epoch from at) * 1000000)::text as "atMicros", actor, action, subject,
    details::text as details, request_id as "requestId", encode(prev_hash, 'hex') as "prevHash", encode(hash, 'hex') as hash
  from audit order by audit.seq, audit.ctid`;

type TextRow = Omit<AuditRow, "seq"> & { readonly seq: string };

/** Reads within the transaction that the client is in, which must see one moment only: repeatable read, or nobody else's changes. */
export async function openAuditSnapshot(client: Pick<ClientBase, "query">): Promise<AuditSnapshot> {
  async function* pages(): AsyncGenerator<readonly AuditRow[]> {
    await client.query(OPEN);
    for (let read = PAGE_ROWS; read === PAGE_ROWS; ) {
      const { rows } = await client.query<TextRow>(`fetch ${PAGE_ROWS} from audit_rows`);
      read = rows.length;
      yield rows.map((row) => ({ ...row, seq: BigInt(row.seq) }));
    }
    await client.query("close audit_rows");
  }
  return { head: await readAuditHead(client), pages };
}

/**
 * Calls `work` with the audit log of this moment. Only a page of it is in memory at a time, nothing is changed, and who adds rows
 * meanwhile waits for nothing.
 */
export async function withAuditSnapshot<Result>(
  db: Database,
  work: (snapshot: AuditSnapshot) => Promise<Result>,
): Promise<Result> {
  const client = await db.pool.connect();
  try {
    await client.query("begin isolation level repeatable read read only");
    const result = await work(await openAuditSnapshot(client));
    await client.query("commit");
    client.release();
    return result;
  } catch (error) {
    client.release(true);
    throw error;
  }
}
