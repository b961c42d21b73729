import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { chmod, mkdtemp, readdir, rm, stat } from "node:fs/promises";
import { constants, tmpdir } from "node:os";
import { join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import type { DatabaseConnection } from "../../src/db/client.ts";
import { startEmbeddedPostgres } from "../../src/db/embedded/start-embedded-postgres.ts";
import { migrateDatabase } from "../../src/db/migrate.ts";
import { execute, quietLogger, TEST_SERVER_VARIABLE, type TestServer, withDatabase } from "./database.ts";

// npm test [browser] [folder or file under test/ ...]
// Without arguments: everything but test/browser. The tests share one server, DATABASE_URL or an embedded one that lives
// as long as this process.

const PROJECT_FOLDER = fileURLToPath(new URL("../..", import.meta.url));
const TEST_FOLDER = join(PROJECT_FOLDER, "test");
const FILES_AT_ONCE = 2;

interface RunningServer {
  readonly server: TestServer;
  stop(): Promise<void>;
}

async function findTestFiles(argument: string): Promise<string[]> {
  const candidates = [resolve(argument), resolve(PROJECT_FOLDER, argument), resolve(TEST_FOLDER, argument)];
  for (const path of candidates) {
    const found = await stat(path).catch(() => undefined);
    if (found?.isFile()) return [path];
    if (found?.isDirectory()) return (await filesUnder(path)).filter((file) => file.endsWith(".test.ts")).sort();
  }
  throw new Error(`Expected a folder or file under test/ but received ${argument}`);
}

async function filesUnder(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  // Node 20.11 calls it `path`, newer versions `parentPath`.
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath ?? entry.path, entry.name));
}

async function selectTestFiles(args: readonly string[]): Promise<string[]> {
  if (args.length > 0) return [...new Set((await Promise.all(args.map(findTestFiles))).flat())];
  const browser = join(TEST_FOLDER, "browser");
  return (await findTestFiles(TEST_FOLDER)).filter((file) => relative(browser, file).startsWith(".."));
}

async function startServer(): Promise<RunningServer> {
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

function runTests(files: readonly string[], server: TestServer): ChildProcess {
  const flags = ["--import", "tsx", "--test", `--test-concurrency=${FILES_AT_ONCE}`, "--test-reporter=spec"];
  return spawn(process.execPath, [...flags, ...files], {
    cwd: PROJECT_FOLDER,
    stdio: "inherit",
    env: { ...process.env, [TEST_SERVER_VARIABLE]: JSON.stringify(server) },
  });
}

/** @returns the exit code: of the tests, or 128 + the number of the signal that ended them. */
async function main(args: readonly string[]): Promise<number> {
  const files = await selectTestFiles(args);
  if (files.length === 0) throw new Error("Expected at least one *.test.ts file but found none");
  let tests: ChildProcess | undefined;
  let received: NodeJS.Signals | undefined;
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.on(signal, () => {
      received = signal;
      // On Ctrl-C the terminal has told the tests too; a second SIGINT would do no harm.
      tests?.kill(signal);
    });
  }
  const running = await startServer();
  try {
    if (received === undefined) {
      const child = runTests(files, running.server);
      tests = child;
      const code = await new Promise<number>((done, fail) => {
        child.once("error", fail);
        child.once("exit", (exitCode, signal) => done(exitCode ?? 128 + (signal ? constants.signals[signal] : 0)));
      });
      if (received === undefined) return code;
    }
    return 128 + constants.signals[received];
  } finally {
    await running.stop();
  }
}

process.exitCode = await main(process.argv.slice(2));
