import assert from "node:assert/strict";
import { chmod, cp, lstat, readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import test, { type TestContext } from "node:test";
import { findEnginePackage } from "../../src/db/embedded/engine-package.ts";
import { prepareEngineRuntime } from "../../src/db/embedded/engine-runtime.ts";
import { findMissingLinks } from "../../src/db/embedded/library-links.ts";
import { runProgram } from "../../src/db/embedded/run-program.ts";
import { startEmbeddedPostgres } from "../../src/db/embedded/start-embedded-postgres.ts";
import { makeDataFolder } from "../support/data-folder.ts";
import { execute, quietLogger } from "../support/database.ts";

const isRoot = process.getuid?.() === 0;
const onlyRoot = isRoot ? false : "only root runs the engine as another user";
const onlyOrdinary = isRoot ? "root can write everywhere" : false;
const UNPRIVILEGED = { uid: 65534, gid: 65534 };

interface Warnings {
  readonly logger: typeof quietLogger;
  readonly messages: string[];
}

function collectWarnings(): Warnings {
  const messages: string[] = [];
  return { messages, logger: { ...quietLogger, warn: (_facts, message) => void messages.push(message) } };
}

async function makePackageCopy(t: TestContext, mode: number): Promise<ReturnType<typeof findEnginePackage>> {
  const engine = findEnginePackage();
  const folder = await makeDataFolder(t, mode);
  const nativeFolder = join(folder, "native");
  await cp(engine.nativeFolder, nativeFolder, { recursive: true, verbatimSymlinks: true });
  return { ...engine, version: `${engine.version}-test`, nativeFolder };
}

async function removeLinks(nativeFolder: string): Promise<void> {
  const library = join(nativeFolder, "lib");
  for (const entry of await readdir(library, { withFileTypes: true })) {
    if (entry.isSymbolicLink()) await rm(join(library, entry.name));
  }
}

test("root's engine runs as uid 65534 in DATA_DIR when that user can enter it", { skip: onlyRoot }, async (t) => {
  const dataDir = await makeDataFolder(t);
  const engine = await startEmbeddedPostgres({ dataDir, logger: quietLogger });
  t.after(() => engine.stop());
  assert.equal(engine.dataDir, dataDir);
  assert.equal((await stat(join(dataDir, "postgres"))).uid, UNPRIVILEGED.uid);
});

test("under a folder closed to uid 65534 root's data are kept elsewhere, said so, and found again", {
  skip: onlyRoot,
}, async (t) => {
  const dataDir = join(await makeDataFolder(t, 0o700), "data");
  const { logger, messages } = collectWarnings();
  const first = await startEmbeddedPostgres({ dataDir, logger });
  t.after(() => rm(first.dataDir, { recursive: true, force: true }));
  assert.notEqual(first.dataDir, dataDir);
  assert.equal(messages.length, 1);
  assert.ok(messages[0]?.includes(dataDir) && messages[0].includes(first.dataDir), messages[0]);
  await execute(first.connection, "create table kept as select 1 as row");
  await first.stop();

  const second = await startEmbeddedPostgres({ dataDir, logger: quietLogger });
  t.after(() => second.stop());
  assert.equal(second.dataDir, first.dataDir);
  await execute(second.connection, "insert into kept values (2)");
});

test("data once kept elsewhere stay there when DATA_DIR becomes open", { skip: onlyRoot }, async (t) => {
  const parent = await makeDataFolder(t, 0o700);
  const dataDir = join(parent, "data");
  const first = await startEmbeddedPostgres({ dataDir, logger: quietLogger });
  t.after(() => rm(first.dataDir, { recursive: true, force: true }));
  await first.stop();
  await chmod(parent, 0o755);
  const second = await startEmbeddedPostgres({ dataDir, logger: quietLogger });
  await second.stop();
  assert.equal(second.dataDir, first.dataDir);
});

test("data in DATA_DIR that became closed are not replaced by empty ones", { skip: onlyRoot }, async (t) => {
  const parent = await makeDataFolder(t);
  const dataDir = join(parent, "data");
  await (await startEmbeddedPostgres({ dataDir, logger: quietLogger })).stop();
  await chmod(parent, 0o700);
  await assert.rejects(startEmbeddedPostgres({ dataDir, logger: quietLogger }), {
    code: "database_unavailable",
    message: /give that folder and those above it the mode o\+x/,
  });
});

test("programs in a package folder closed to uid 65534 are copied once to where it can run them", {
  skip: onlyRoot,
}, async (t) => {
  const engine = await makePackageCopy(t, 0o700);
  const place = { dataDir: await makeDataFolder(t), id: "0".repeat(16), account: UNPRIVILEGED };
  const { logger, messages } = collectWarnings();
  const runtime = await prepareEngineRuntime(engine, place, logger);
  t.after(() => rm(runtime, { recursive: true, force: true }));
  assert.equal(messages.length, 1);
  assert.ok(messages[0]?.includes(engine.nativeFolder) && messages[0].includes(runtime), messages[0]);
  assert.equal((await runProgram(join(runtime, "bin", "initdb"), ["--version"], UNPRIVILEGED)).exitCode, 0);

  assert.equal(await prepareEngineRuntime(engine, place, logger), runtime);
  assert.equal(messages.length, 1);
});

test("library links that no install script has made are made", async (t) => {
  const engine = await makePackageCopy(t, 0o755);
  await removeLinks(engine.nativeFolder);
  assert.ok((await findMissingLinks(engine.nativeFolder)).length > 0);
  const place = { dataDir: await makeDataFolder(t), id: "0".repeat(16), account: isRoot ? UNPRIVILEGED : undefined };
  assert.equal(await prepareEngineRuntime(engine, place, quietLogger), engine.nativeFolder);
  assert.deepEqual(await findMissingLinks(engine.nativeFolder), []);
  assert.ok((await lstat(join(engine.nativeFolder, "lib", "libpq.so.5"))).isSymbolicLink());
});

test("where the package folder can't be written, the links are made in a copy of it", {
  skip: onlyOrdinary,
}, async (t) => {
  const engine = await makePackageCopy(t, 0o755);
  await removeLinks(engine.nativeFolder);
  const place = { dataDir: await makeDataFolder(t), id: "0".repeat(16), account: undefined };
  await chmod(join(engine.nativeFolder, "lib"), 0o555);
  try {
    const runtime = await prepareEngineRuntime(engine, place, quietLogger);
    assert.ok(runtime.startsWith(place.dataDir));
    assert.deepEqual(await findMissingLinks(runtime), []);
  } finally {
    await chmod(join(engine.nativeFolder, "lib"), 0o755);
  }
});

test("a DATA_DIR too long for a socket's address still serves", async (t) => {
  const dataDir = join(await makeDataFolder(t), "a".repeat(120), "b".repeat(120));
  const engine = await startEmbeddedPostgres({ dataDir, logger: quietLogger });
  const { host } = engine.connection;
  assert.ok(!host.startsWith(dataDir));
  assert.equal((await stat(host)).mode & 0o777, 0o700);
  await execute(engine.connection, "create table works ()");
  await engine.stop();
  await assert.rejects(stat(host), { code: "ENOENT" });
});

test("a DATA_DIR with spaces, quotes and a comma in its name serves", async (t) => {
  const dataDir = join(await makeDataFolder(t), `it's "1, 2" \\ ü`);
  const engine = await startEmbeddedPostgres({ dataDir, logger: quietLogger });
  await execute(engine.connection, "create table works ()");
  await engine.stop();
});

test("a platform without an engine is told to set DATABASE_URL", () => {
  assert.throws(() => findEnginePackage("sunos", "sparc"), {
    code: "database_unavailable",
    message: /@embedded-postgres\/sunos-sparc .*set DATABASE_URL/,
  });
});
