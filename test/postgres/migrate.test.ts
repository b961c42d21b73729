import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import test, { type TestContext } from "node:test";
import { fileURLToPath } from "node:url";
import pg from "pg";
import type { DatabaseConnection } from "../../src/db/client.ts";
import { migrateDatabase } from "../../src/db/migrate.ts";
import { compiledProcess } from "../support/compiled-tests.ts";
import { makeDataFolder } from "../support/data-folder.ts";
import { createEmptyDatabase, execute, quietLogger, testServer } from "../support/database.ts";

const PROCESS = fileURLToPath(compiledProcess("migrate-process"));
const JOURNAL = new URL("../../migrations/meta/_journal.json", import.meta.url);

async function makeDatabase(t: TestContext): Promise<{ connection: DatabaseConnection; url: string }> {
  const { drop, ...database } = await createEmptyDatabase();
  t.after(drop);
  return database;
}

/** A migrations folder of drizzle-kit's format with one statement in each file. */
async function makeMigrations(t: TestContext, statements: readonly string[]): Promise<string> {
  const folder = await makeDataFolder(t);
  const entries = statements.map((_, idx) => ({
    idx,
    version: "7",
    when: 1000 + idx,
    tag: `000${idx}_test`,
    breakpoints: true,
  }));
  await mkdir(join(folder, "meta"));
  await writeFile(
    join(folder, "meta", "_journal.json"),
    JSON.stringify({ version: "7", dialect: "postgresql", entries }),
  );
  for (const [index, statement] of statements.entries()) {
    await writeFile(join(folder, `000${index}_test.sql`), statement);
  }
  return folder;
}

async function query(connection: DatabaseConnection, text: string): Promise<unknown[]> {
  const client = new pg.Client({ ...connection });
  await client.connect();
  try {
    return (await client.query(text)).rows;
  } finally {
    await client.end();
  }
}

test("twenty processes that start at once on an empty database all come up, and each migration ran once", async (t) => {
  const { connection, url } = await makeDatabase(t);
  const children = Array.from({ length: 20 }, () =>
    spawn(process.execPath, [PROCESS, url], { stdio: ["ignore", "inherit", "inherit", "ipc"] }),
  );
  const exits = children.map((child) => once(child, "exit"));
  await Promise.all(children.map((child) => once(child, "message")));
  for (const child of children) child.send("go");
  const codes = (await Promise.all(exits)).map(([code]) => code);
  assert.deepEqual(codes, Array(20).fill(0));
  const journal: { entries: unknown[] } = JSON.parse(await readFile(JOURNAL, "utf8"));
  assert.deepEqual(await query(connection, "select count(*)::int as applied from drizzle.__drizzle_migrations"), [
    { applied: journal.entries.length },
  ]);
});

test("a second run changes nothing", async (t) => {
  const { connection } = await makeDatabase(t);
  await migrateDatabase(connection, { logger: quietLogger });
  const before = await query(connection, "select * from drizzle.__drizzle_migrations order by id");
  await migrateDatabase(connection, { logger: quietLogger });
  assert.deepEqual(await query(connection, "select * from drizzle.__drizzle_migrations order by id"), before);
});

test("only the migrations that are missing run", async (t) => {
  const { connection } = await makeDatabase(t);
  const first = "create table step (name text); insert into step values ('first')";
  const second = "insert into step values ('second')";
  await migrateDatabase(connection, { logger: quietLogger, migrationsFolder: await makeMigrations(t, [first]) });
  await migrateDatabase(connection, {
    logger: quietLogger,
    migrationsFolder: await makeMigrations(t, [first, second]),
  });
  assert.deepEqual(await query(connection, "select name from step"), [{ name: "first" }, { name: "second" }]);
});

test("a database that a newer version has migrated is refused and left as it is", async (t) => {
  const { connection } = await makeDatabase(t);
  const [first, second] = ["create table a ()", "create table b ()"] as const;
  await migrateDatabase(connection, {
    logger: quietLogger,
    migrationsFolder: await makeMigrations(t, [first, second]),
  });
  const older = await makeMigrations(t, [first]);
  await assert.rejects(migrateDatabase(connection, { logger: quietLogger, migrationsFolder: older }), {
    code: "database_unavailable",
    message: /no further than 0000_test but received one with 1 migration\(s\) unknown/,
  });
});

test("a migration that fails leaves nothing of its run behind, and no lock", async (t) => {
  const { connection } = await makeDatabase(t);
  const broken = await makeMigrations(t, ["create table a ()", "create table a ()"]);
  await assert.rejects(migrateDatabase(connection, { logger: quietLogger, migrationsFolder: broken }), {
    code: "database_unavailable",
    message: 'Expected a database that can be migrated but received: relation "a" already exists',
  });
  assert.deepEqual(await query(connection, "select to_regclass('a') as a"), [{ a: null }]);
  const fixed = await makeMigrations(t, ["create table a ()"]);
  await migrateDatabase(connection, { logger: quietLogger, migrationsFolder: fixed });
});

test("a server that does not answer is reported as such", async () => {
  const connection = { connectionString: "postgresql://nobody@127.0.0.1:1/none" };
  await assert.rejects(migrateDatabase(connection, { logger: quietLogger }), {
    code: "database_unavailable",
    message: /ECONNREFUSED/,
  });
});

test("a role with no rights but those of its database's owner can migrate it", async (t) => {
  const { connection, url } = await makeDatabase(t);
  const server = testServer().connection;
  const superuser = "select from pg_roles where rolname = current_user and rolsuper";
  if ((await query(server, superuser)).length === 0) return t.skip("making the role takes a superuser");
  const name = new URL(url).pathname.slice(1);
  await execute(server, `create role ${name} login password '${name}'`);
  // After the database itself is gone.
  t.after(() => execute(server, `drop role ${name}`));
  await execute(server, `alter database ${name} owner to ${name}`);
  const owner = new URL(url);
  owner.username = name;
  owner.password = name;
  await migrateDatabase({ connectionString: owner.href }, { logger: quietLogger });
  const tables = "select count(*)::int > 0 as any from pg_tables where schemaname = 'public'";
  assert.deepEqual(await query(connection, tables), [{ any: true }]);
});
