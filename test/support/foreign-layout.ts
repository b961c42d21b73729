import { readFile } from "node:fs/promises";
import pg from "pg";
import { migrateDatabase } from "../../src/db/migrate.ts";
import { quietLogger } from "./database.ts";
import type { LoopbackServer } from "./loopback-server.ts";

const OPERATIONS = new URL("../../docs/operations.md", import.meta.url);
const DATABASE = "lookalike";

/** The SQL of docs/operations.md, "Several servers", in its order. */
async function documentedStatements(): Promise<{ part: string; extension: string; server: string; move: string }> {
  const text = await readFile(OPERATIONS, "utf8");
  const section = text.split("### Several servers")[1]?.split(/^##/m)[0] ?? "";
  const [part, extension, server, move] = [...section.matchAll(/```sql\n(.*?)```/gs)].map(([, sql]) => sql);
  if (!part || !extension || !server || !move) throw new Error("Expected four blocks of SQL under Several servers");
  return { part, extension, server, move };
}

/**
 * Makes the service's database on the coordinator and, as the operator's manual says, moves its fingerprints to a part on
 * each of the other servers.
 */
export async function layOutOverServers(
  coordinator: LoopbackServer,
  parts: readonly LoopbackServer[],
): Promise<string> {
  const { part, extension, server, move } = await documentedStatements();
  for (const { url } of parts) {
    await execute(url(), `create database ${DATABASE}`);
    await execute(url(DATABASE), part);
  }
  await execute(coordinator.url(), `create database ${DATABASE}`);
  const url = coordinator.url(DATABASE);
  await migrateDatabase({ connectionString: url }, { logger: quietLogger });
  await execute(url, extension);
  for (const [number, { port }] of parts.entries()) {
    const statement = server
      .replaceAll("fingerprints_0", `fingerprints_${number}`)
      .replace("db0.internal", "127.0.0.1")
      .replace("port '5432'", `port '${port}'`);
    await execute(url, statement);
  }
  await execute(url, move.replace("servers int := 3", `servers int := ${parts.length}`));
  return url;
}

/** Runs one or several statements on a connection of their own. */
export async function execute(url: string, statements: string, values?: readonly unknown[]): Promise<pg.QueryResult> {
  const client = new pg.Client(url);
  await client.connect();
  try {
    return await client.query(statements, values && [...values]);
  } finally {
    await client.end();
  }
}
