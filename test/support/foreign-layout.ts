import { readFile } from "node:fs/promises";
import pg from "pg";
import { migrateDatabase } from "../../src/db/migrate.ts";
import { quietLogger } from "./database.ts";
import type { LoopbackServer } from "./loopback-server.ts";

const OPERATIONS = new URL("../../docs/operations.md", import.meta.url);
const DATABASE = "lookalike";

/** The SQL of docs/operations.md, "Several servers", in its order. */
interface DocumentedStatements {
  readonly part: string;
  readonly extension: string;
  readonly server: string;
  readonly move: string;
  /** For parts that know of whole pictures only. */
  readonly upgrade: string;
}

export async function documentedStatements(): Promise<DocumentedStatements> {
  const text = await readFile(OPERATIONS, "utf8");
  const section = text.split("### Several servers")[1]?.split(/^##/m)[0] ?? "";
  const [part, extension, server, move, upgrade] = [...section.matchAll(/```sql\n(.*?)```/gs)].map(([, sql]) => sql);
  if (!part || !extension || !server || !move || !upgrade) {
    throw new Error("Expected five blocks of SQL under Several servers");
  }
  return { part, extension, server, move, upgrade };
}

/**
 * Makes the service's database on the coordinator and, as the operator's manual says, moves its fingerprints to a part on
 * each of the other servers.
 */
export async function layOutOverServers(
  coordinator: LoopbackServer,
  parts: readonly LoopbackServer[],
): Promise<string> {
  const statements = await documentedStatements();
  for (const { url } of parts) {
    await execute(url(), `create database ${DATABASE}`);
    await execute(url(DATABASE), statements.part);
  }
  await execute(coordinator.url(), `create database ${DATABASE}`);
  await migrateDatabase({ connectionString: coordinator.url(DATABASE) }, { logger: quietLogger });
  return await moveToParts(coordinator, parts, statements);
}

/** Moves the fingerprints of the service's database to parts that have tables for them. */
export async function moveToParts(
  coordinator: LoopbackServer,
  parts: readonly LoopbackServer[],
  { extension, server, move }: DocumentedStatements,
): Promise<string> {
  const url = coordinator.url(DATABASE);
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
