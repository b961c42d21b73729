import type { ClientBase } from "pg";

/** The newest row's number and hash, as the database keeps them beside the rows. */
export interface AuditHead {
  /** 0 while there are no rows. */
  readonly seq: bigint;
  /** 64 hex digits; zeros while there are no rows. */
  readonly hash: string;
}

/** The end of the chain now; null where somebody has removed it. */
export async function readAuditHead(client: Pick<ClientBase, "query">): Promise<AuditHead | null> {
  const { rows } = await client.query<{ seq: string; hash: string }>(
    "select seq::text as seq, encode(hash, 'hex') as hash from audit_head order by audit_head.seq desc limit 1",
  );
  const head = rows[0];
  return head === undefined ? null : { seq: BigInt(head.seq), hash: head.hash };
}
