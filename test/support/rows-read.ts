import type { PoolClient } from "pg";

/** Runs `work`, which has to use this connection, in a transaction of its own; gives the rows of a table that it read, too. */
export async function countRowsRead<Result>(
  client: PoolClient,
  table: string,
  work: () => Promise<Result>,
): Promise<{ result: Result; read: number }> {
  // What the server tells is also of transactions before, until it has written its statistics.
  async function readSoFar(): Promise<number> {
    const { rows } = await client.query<{ read: string }>(
      "select seq_tup_read + idx_tup_fetch as read from pg_stat_xact_user_tables where relname = $1",
      [table],
    );
    return Number(rows[0]?.read);
  }
  await client.query("begin");
  const before = await readSoFar();
  const result = await work();
  const read = (await readSoFar()) - before;
  await client.query("commit");
  return { result, read };
}
