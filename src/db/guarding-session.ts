import { randomBytes } from "node:crypto";
import pg from "pg";
import type { DatabaseConnection } from "./client.ts";
import { cutOff } from "./pools.ts";

/** A session that has locked a number which nobody else knows, so that any statement can tell whether it still lives. */
export interface GuardingSession {
  readonly client: pg.Client;
  /** A bigint, for `pg_try_advisory_xact_lock_shared`: false as long as the session lives. */
  readonly guard: string;
  /** Ends the session, also where the server doesn't answer any more. */
  close(): Promise<void>;
}

const KEEP_ALIVE_MS = 10_000;
const GOODBYE_MS = 1_000;

/**
 * Opens a session for whoever remembers a snapshot. A server that crashes, or is replaced by one that was behind, loses
 * every session, and then may give numbers of transactions out again that the snapshot calls ended. While the lock is
 * held none of that has happened since it was taken.
 */
export async function openGuardingSession(connection: DatabaseConnection): Promise<GuardingSession> {
  const client = new pg.Client({
    ...connection,
    application_name: "lookalike memory",
    keepAlive: true,
    keepAliveInitialDelayMillis: KEEP_ALIVE_MS,
    connectionTimeoutMillis: KEEP_ALIVE_MS,
  });
  // The statement under way reports the loss, and the lock is gone; without a listener it would end the process.
  client.on("error", () => {});
  const guard = randomBytes(8).readBigInt64BE().toString();
  try {
    await client.connect();
    await promptly(client, { text: "set statement_timeout = 0; set idle_session_timeout = 0" });
    await promptly(client, { text: "select pg_advisory_lock($1)", values: [guard] });
  } catch (error) {
    await close(client);
    throw error;
  }
  return { client, guard, close: () => close(client) };
}

/** What follows may take as long as it likes; these wait for nothing. */
async function promptly(client: pg.Client, statement: pg.QueryConfig): Promise<void> {
  const limited: pg.QueryConfig & { query_timeout: number } = { ...statement, query_timeout: KEEP_ALIVE_MS };
  await client.query(limited);
}

async function close(client: pg.Client): Promise<void> {
  const timer = setTimeout(cutOff, GOODBYE_MS, client);
  await client.end().catch(() => {});
  clearTimeout(timer);
}
