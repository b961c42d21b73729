import type pg from "pg";

/** With less left than this a statement isn't sent any more: it would be given up while it runs. */
const LEAST_MS = 50;

/** Whether the driver gave a statement up because nothing came, not even the server's own refusal. */
export function isUnanswered(error: Error): boolean {
  if (error.message === "Query read timeout") return true;
  return error.cause instanceof Error && isUnanswered(error.cause);
}

/**
 * Gives each `pool.query` one time limit for the wait for a connection and the statement together. pg-pool knows a limit for
 * either: then a caller in a long queue would be refused although the database answers, or would wait twice for one that
 * doesn't.
 */
export function boundQueries(pool: pg.Pool, withinMs: number): void {
  const longestMs = pool.options.query_timeout ?? withinMs;
  async function query(statement: string | pg.QueryConfig, values?: unknown[]): Promise<pg.QueryResult> {
    const giveUpAt = performance.now() + withinMs;
    const client = await pool.connect();
    const leftMs = giveUpAt - performance.now();
    if (leftMs < LEAST_MS) {
      client.release();
      throw new Error("timeout exceeded when trying to connect");
    }
    try {
      const asked = typeof statement === "string" ? { text: statement } : statement;
      const limited: pg.QueryConfig & { query_timeout: number } = {
        ...asked,
        ...(values !== undefined && { values }),
        query_timeout: Math.min(longestMs, leftMs),
      };
      const result = await client.query(limited);
      client.release();
      return result;
    } catch (error) {
      client.release(error instanceof Error ? error : true);
      throw error;
    }
  }
  pool.query = query as pg.Pool["query"];
}
