import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Database, type DatabaseConnection, openDatabase } from "../../src/db/client.ts";
import { startEmbeddedPostgres } from "../../src/db/embedded/start-embedded-postgres.ts";
import { migrateDatabase } from "../../src/db/migrate.ts";
import { connectionUrl } from "../../test/support/database.ts";

const quiet = { info() {}, warn() {}, error() {} };
export const BENCH_KEY = "a key for the benches, 24 or more";

/** A migrated database for one bench, in an engine of its own. */
export interface BenchDatabase {
  readonly url: string;
  readonly database: Database;
  close(): Promise<void>;
}

export async function startDatabase(): Promise<BenchDatabase> {
  const folder = await mkdtemp(join(tmpdir(), "lookalike-bench-"));
  const engine = await startEmbeddedPostgres({ dataDir: folder, logger: quiet });
  const connection: DatabaseConnection = engine.connection;
  await migrateDatabase(connection, { logger: quiet });
  const database = await openDatabase(connection, { poolSize: 4, logger: quiet, applicationName: "bench" });
  return {
    url: connectionUrl(connection),
    database,
    async close() {
      await database.close();
      await engine.stop();
      await rm(folder, { recursive: true });
    },
  };
}

export interface BenchServer {
  readonly pid: number;
  readonly port: number;
  stop(): Promise<void>;
}

/** Starts a script that prints `listens on http://...:<port>`, in a process of its own. */
export async function startServer(script: URL, settings: Record<string, string>): Promise<BenchServer> {
  const child = spawn(process.execPath, [...process.execArgv, fileURLToPath(script)], {
    stdio: ["ignore", "pipe", "inherit"],
    env: { PATH: process.env.PATH ?? "", PORT: "0", LOG_LEVEL: "warn", ...settings },
  });
  const port = await new Promise<number>((resolve, reject) => {
    let told = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      told += text;
      const found = /listens on http:\/\/[^:]+:(\d+)/.exec(told)?.[1];
      if (found !== undefined) resolve(Number(found));
    });
    child.once("exit", (code) => reject(new Error(`${script.pathname} ended with ${code}`)));
  });
  return {
    pid: child.pid ?? 0,
    port,
    async stop() {
      const exited = new Promise((resolve) => child.once("exit", resolve));
      child.kill("SIGTERM");
      await exited;
    },
  };
}

/** Our service on a bench's database. */
export function startLookalike(database: BenchDatabase, settings: Record<string, string> = {}): Promise<BenchServer> {
  const script = new URL("../../src/main.ts", import.meta.url);
  return startServer(script, { DATABASE_URL: database.url, ADMIN_KEY: BENCH_KEY, ...settings });
}
