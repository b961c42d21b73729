import { sql } from "drizzle-orm";
import { drizzle, type NodePgDatabase } from "drizzle-orm/node-postgres";
import type { Database } from "./client.ts";

/** Where statements of one transaction go. */
export type Transaction = NodePgDatabase;

/**
 * Runs `work` in a transaction; what it throws is thrown on, and nothing of it is stored. A transaction that failed takes its
 * connection along: the server rolls back what it loses sight of, while a `rollback` sent to one that no longer answers
 * would have to be waited for, and a connection given back without one would hand the open transaction to the next caller.
 */
export async function inTransaction<Result>(
  db: Pick<Database, "pool">,
  work: (tx: Transaction) => Promise<Result>,
): Promise<Result> {
  const client = await db.pool.connect();
  try {
    await client.query("begin");
    const result = await work(drizzle(client));
    await client.query("commit");
    client.release();
    return result;
  } catch (error) {
    client.release(error instanceof Error ? error : true);
    throw error;
  }
}

/** Runs `work` in a transaction that one process at a time holds for this database, by the lock's name. */
export async function withLock<Result>(
  db: Pick<Database, "pool">,
  name: string,
  work: (tx: Transaction) => Promise<Result>,
): Promise<Result> {
  return await inTransaction(db, async (tx) => {
    await tx.execute(sql`select pg_advisory_xact_lock(hashtextextended(${name}, 0))`);
    return await work(tx);
  });
}
