import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import type { DatabaseConnection } from "../../src/db/client.ts";
import { startEmbeddedPostgres } from "../../src/db/embedded/start-embedded-postgres.ts";
import { migrateDatabase } from "../../src/db/migrate.ts";
import { execute, quietLogger, withDatabase } from "../../test/support/database.ts";

/** A migrated database for this bench alone. */
export interface BenchDatabase {
  readonly connection: DatabaseConnection;
  /** One session for statements one after another, which may take as long as they like. */
  readonly client: pg.Client;
  /** PostgreSQL's version and the settings that decide what a commit costs and what is cached. */
  readonly server: string;
  close(): Promise<void>;
}

const SETTINGS = [
  "shared_buffers",
  "fsync",
  "synchronous_commit",
  "full_page_writes",
  "wal_level",
  "max_wal_size",
  "max_parallel_workers_per_gather",
  "max_parallel_maintenance_workers",
];

/** On the server of DATABASE_URL, where databases may be created, or else on an embedded engine in a folder of its own. */
export async function openBenchDatabase(): Promise<BenchDatabase> {
  const { server, stop } = await findServer(process.env.DATABASE_URL);
  const name = `lookalike_index_${randomBytes(6).toString("hex")}`;
  await execute(server, `create database ${name}`);
  const connection = withDatabase(server, name);
  await migrateDatabase(connection, { logger: quietLogger });
  const client = new pg.Client(connection);
  await client.connect();
  await client.query("set maintenance_work_mem = '1GB'; set client_min_messages = warning; set jit = off");
  return {
    connection,
    client,
    server: await describeServer(client),
    async close() {
      await client.end();
      await execute(server, `drop database ${name} with (force)`);
      await stop();
    },
  };
}

async function findServer(url: string | undefined): Promise<{ server: DatabaseConnection; stop(): Promise<void> }> {
  if (url !== undefined) return { server: { connectionString: url }, async stop() {} };
  const dataDir = await mkdtemp(join(tmpdir(), "lookalike-bench-"));
  const settings = { shared_buffers: "2GB", max_wal_size: "8GB" };
  const engine = await startEmbeddedPostgres({ dataDir, logger: quietLogger, settings });
  return {
    server: engine.connection,
    async stop() {
      await engine.stop();
      await rm(dataDir, { recursive: true });
    },
  };
}

async function describeServer(client: pg.Client): Promise<string> {
  const { rows: versions } = await client.query<{ version: string }>("select version()");
  const { rows } = await client.query<{ name: string; value: string }>(
    "select name, current_setting(name) as value from pg_settings where name = any ($1) order by array_position($1, name)",
    [SETTINGS],
  );
  const version = versions[0]?.version.split(" on ")[0];
  return `${version}; ${rows.map(({ name, value }) => `${name} = ${value}`).join(", ")}`;
}
