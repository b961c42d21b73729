import { randomBytes } from "node:crypto";
import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { DatabaseConnection } from "../../src/db/client.ts";
import { startEmbeddedPostgres } from "../../src/db/embedded/start-embedded-postgres.ts";
import { migrateDatabase } from "../../src/db/migrate.ts";
import { execute, quietLogger, type TestServer, withDatabase } from "./database.ts";

/** The server that tests make their databases on, until it is stopped. */
export interface RunningServer {
  readonly server: TestServer;
  stop(): Promise<void>;
}

/** The server of DATABASE_URL, or an embedded one that lives as long as this process. */
export async function startTestServer(): Promise<RunningServer> {
  const databaseUrl = process.env.DATABASE_URL;
  if (databaseUrl) return prepareTemplate({ connectionString: databaseUrl }, async () => {});
  const dataDir = await mkdtemp(join(tmpdir(), "lookalike-test-"));
  // mkdtemp closes it to the user that root's engine runs as.
  await chmod(dataDir, 0o711);
  const removeData = () => rm(dataDir, { recursive: true, force: true });
  try {
    // The data is thrown away, so nothing needs to reach the disk.
    const settings = { fsync: "off", synchronous_commit: "off", full_page_writes: "off", max_connections: "120" };
    const engine = await startEmbeddedPostgres({ dataDir, logger: quietLogger, settings });
    return await prepareTemplate(engine.connection, async () => {
      await engine.stop();
      // Not the same where root's engine can't reach the temporary folder.
      await rm(engine.dataDir, { recursive: true, force: true });
      await removeData();
    });
  } catch (error) {
    await removeData();
    throw error;
  }
}

async function prepareTemplate(connection: DatabaseConnection, release: () => Promise<void>): Promise<RunningServer> {
  const template = `lookalike_test_template_${randomBytes(8).toString("hex")}`;
  async function stop(): Promise<void> {
    try {
      await execute(connection, `drop database if exists ${template} with (force)`);
    } finally {
      await release();
    }
  }
  try {
    await execute(connection, `create database ${template}`);
    await migrateDatabase(withDatabase(connection, template), { logger: quietLogger });
  } catch (error) {
    await stop();
    throw error;
  }
  return { server: { connection, template }, stop };
}
