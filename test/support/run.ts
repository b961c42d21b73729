import { type ChildProcess, spawn } from "node:child_process";
import { readdir, stat } from "node:fs/promises";
import { constants } from "node:os";
import { join, relative, resolve } from "node:path";
import { buildService } from "./build-service.ts";
import { compileTests } from "./compile-tests.ts";
import { PROJECT_FOLDER } from "./compiled-tests.ts";
import { TEST_SERVER_VARIABLE, type TestServer } from "./database.ts";
import { startTestServer } from "./test-server.ts";

// npm test [browser] [folder or file under test/ ...]
// Without arguments: everything but test/browser. The tests share one server, DATABASE_URL or an embedded one that lives
// as long as this process.

const TEST_FOLDER = join(PROJECT_FOLDER, "test");
/** More than cores: files also wait, for processes they start and for answers. */
const FILES_AT_ONCE = 3;
/** Ms; the longest takes two minutes. One whose set-up fails may never end by itself: what it began keeps it running. */
const LONGEST_FILE_MS = 600_000;

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
  return (await findTestFiles(TEST_FOLDER)).filter((file) => !relative(TEST_FOLDER, file).startsWith("browser"));
}

function runTests(files: readonly string[], server: TestServer): ChildProcess {
  const flags = ["--enable-source-maps", "--test", "--test-reporter=spec"];
  const limits = [`--test-concurrency=${FILES_AT_ONCE}`, `--test-timeout=${LONGEST_FILE_MS}`];
  return spawn(process.execPath, [...flags, ...limits, ...files], {
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
  // Service processes and commands under test run as they are delivered.
  const [compiled] = await Promise.all([compileTests(files), buildService()]);
  const running = await startTestServer();
  try {
    if (received === undefined) {
      const child = runTests(compiled, running.server);
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
