import assert from "node:assert/strict";
import { chown, mkdir, readdir, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import test from "node:test";
import { openDatabase } from "../../src/db/client.ts";
import { startEmbeddedPostgres } from "../../src/db/embedded/start-embedded-postgres.ts";
import { makeDataFolder } from "../support/data-folder.ts";
import { execute, quietLogger } from "../support/database.ts";

const options = { poolSize: 2, logger: quietLogger, applicationName: "engine test" };

test("what was written is there after a restart, and a stopped engine leaves only its data and its log", async (t) => {
  const dataDir = await makeDataFolder(t);
  const first = await startEmbeddedPostgres({ dataDir, logger: quietLogger });
  await execute(first.connection, "create table kept as select 42 as answer");
  await first.stop();
  assert.deepEqual((await readdir(dataDir)).sort(), ["postgres", "postgres.log"]);

  const second = await startEmbeddedPostgres({ dataDir, logger: quietLogger });
  t.after(() => second.stop());
  const database = await openDatabase(second.connection, options);
  t.after(() => database.close());
  const { rows } = await database.pool.query("select answer from kept");
  assert.deepEqual(rows, [{ answer: 42 }]);
});

test("the engine is PostgreSQL 18 in UTF-8 and UTC, with checksums, synced commits and no compiled plans", async (t) => {
  const dataDir = await makeDataFolder(t);
  const engine = await startEmbeddedPostgres({ dataDir, logger: quietLogger });
  t.after(() => engine.stop());
  const database = await openDatabase(engine.connection, options);
  t.after(() => database.close());
  const settings = {
    server_encoding: "UTF8",
    lc_collate: "C",
    timezone: "UTC",
    data_checksums: "on",
    fsync: "on",
    synchronous_commit: "on",
    jit: "off",
    max_connections: "60",
  };
  const names = Object.keys(settings).filter((name) => name !== "lc_collate");
  const { rows } = await database.pool.query(
    `select current_setting('server_version_num')::int / 10000 as major,
            (select datcollate from pg_database where datname = current_database()) as lc_collate,
            ${names.map((name) => `current_setting('${name}') as ${name}`).join(", ")}`,
  );
  assert.deepEqual(rows, [{ major: 18, ...settings }]);
});

test("only the engine's own user can reach its socket, and it listens on no address", async (t) => {
  const dataDir = await makeDataFolder(t);
  const engine = await startEmbeddedPostgres({ dataDir, logger: quietLogger });
  t.after(() => engine.stop());
  const { host, port } = engine.connection;
  const [folder, socket] = await Promise.all([stat(host), stat(join(host, `.s.PGSQL.${port}`))]);
  assert.equal(folder.mode & 0o777, 0o700);
  assert.equal(socket.mode & 0o777, 0o700);
  assert.ok(socket.isSocket());
  const database = await openDatabase(engine.connection, options);
  t.after(() => database.close());
  const { rows } = await database.pool.query("select current_setting('listen_addresses') as addresses");
  assert.deepEqual(rows, [{ addresses: "" }]);
});

test("data of another major version are refused by name, not touched", async (t) => {
  const dataDir = await makeDataFolder(t);
  await (await startEmbeddedPostgres({ dataDir, logger: quietLogger })).stop();
  await writeFile(join(dataDir, "postgres", "PG_VERSION"), "17\n");
  await assert.rejects(startEmbeddedPostgres({ dataDir, logger: quietLogger }), {
    code: "database_unavailable",
    message: /Expected data of PostgreSQL 18 in .*postgres but received those of PostgreSQL 17/,
  });
});

test("a folder that holds something else is refused, not overwritten", async (t) => {
  const dataDir = await makeDataFolder(t);
  await mkdir(join(dataDir, "postgres"));
  await writeFile(join(dataDir, "postgres", "notes.txt"), "mine");
  // Root's engine runs as the folder's owner, which may not be root.
  if (process.getuid?.() === 0) await chown(join(dataDir, "postgres"), 65534, 65534);
  await assert.rejects(startEmbeddedPostgres({ dataDir, logger: quietLogger }), {
    code: "database_unavailable",
    message: /received a folder without PG_VERSION/,
  });
  assert.deepEqual(await readdir(join(dataDir, "postgres")), ["notes.txt"]);
});
