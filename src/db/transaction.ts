import { sql } from "drizzle-orm";
import type { Database } from "./client.ts";

/** Where statements of one transaction go. */
export type Transaction = Parameters<Parameters<Database["orm"]["transaction"]>[0]>[0];

/** Runs `work` in a transaction that one process at a time holds for this database, by the lock's name. */
export async function withLock<Result>(
  db: Database,
  name: string,
  work: (tx: Transaction) => Promise<Result>,
): Promise<Result> {
  return await db.orm.transaction(async (tx) => {
    await tx.execute(sql`select pg_advisory_xact_lock(hashtextextended(${name}, 0))`);
    return await work(tx);
  });
}
