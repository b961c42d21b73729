import { execute } from "../../test/support/database.ts";
import { findServerPrograms, type LoopbackServer, startLoopbackServer } from "../../test/support/loopback-server.ts";

/** A PostgreSQL of a script's own that keeps what it has committed, whatever ends it, with one empty database. */
export interface DurableDatabase extends Pick<LoopbackServer, "crash" | "start" | "remove"> {
  /** Of the database, as DATABASE_URL takes it. */
  readonly url: string;
}

/** @throws Error where there are no server programs on this machine */
export async function startDurableDatabase(): Promise<DurableDatabase> {
  const [programs] = await findServerPrograms();
  if (programs === undefined) throw new Error("Expected PostgreSQL's server programs but found none on this machine");
  const settings = { fsync: "on", synchronous_commit: "on", full_page_writes: "on", max_connections: "150" };
  const server = await startLoopbackServer(programs, settings);
  await execute({ connectionString: server.url() }, "create database lookalike");
  return { ...server, url: server.url("lookalike") };
}
