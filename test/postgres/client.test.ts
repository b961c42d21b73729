import assert from "node:assert/strict";
import test, { after, before } from "node:test";
import pg from "pg";
import { openDatabase, requireSupportedServer } from "../../src/db/client.ts";
import { createTestDatabase, quietLogger, type TestDatabase } from "../support/database.ts";

let own: TestDatabase;
before(async () => {
  own = await createTestDatabase();
});
after(() => own.drop());

test("both pools plan for indexes, and the search pool once for each statement", async () => {
  const settings = `select current_setting('jit') as jit, current_setting('enable_seqscan') as seqscan,
                           current_setting('plan_cache_mode') as plans, current_setting('statement_timeout') as timeout`;
  const { pool, searchPool } = own.database;
  const [ordinary, search] = await Promise.all([pool.query(settings), searchPool.query(settings)]);
  assert.deepEqual(ordinary.rows, [{ jit: "off", seqscan: "off", plans: "auto", timeout: "30s" }]);
  assert.deepEqual(search.rows, [{ jit: "off", seqscan: "off", plans: "force_generic_plan", timeout: "30s" }]);
});

test("a connection lost while idle is replaced, not an end of the process", async () => {
  const { pool } = own.database;
  const client = await pool.connect();
  const { rows } = await client.query<{ pid: number }>("select pg_backend_pid() as pid");
  const lost = new Promise((resolve) => pool.once("error", resolve));
  client.release();
  await own.database.searchPool.query("select pg_terminate_backend($1)", [rows[0]?.pid]);
  await lost;
  assert.equal((await pool.query("select 1")).rowCount, 1);
});

test("a connection lost in the middle of a transaction fails that transaction, not the process", async () => {
  const { orm, pool, searchPool } = own.database;
  const held: pg.PoolClient[] = [];
  pool.on("acquire", (client) => held.push(client));
  const transaction = orm.transaction(async (tx) => {
    const { rows } = await tx.execute<{ pid: number }>("select pg_backend_pid() as pid");
    const client = held[0];
    assert.ok(client !== undefined);
    // Nothing but the service listens: the loss arrives between two statements.
    const lost = new Promise((resolve) => client.once("end", resolve));
    await searchPool.query("select pg_terminate_backend($1)", [rows[0]?.pid]);
    await lost;
    await tx.execute("select 1");
  });
  await assert.rejects(transaction);
  assert.equal((await pool.query("select 1")).rowCount, 1);
});

test("a connection has one listener for its loss, however often it is used", async () => {
  const { pool } = own.database;
  for (let round = 0; round < 5; round++) {
    const client = await pool.connect();
    assert.equal(client.listenerCount("error"), 1);
    client.release();
    assert.equal(client.listenerCount("error"), 1);
  }
});

test("a statement that runs too long is ended", async () => {
  const options = { poolSize: 1, logger: quietLogger, applicationName: "test", statementTimeoutMs: 50 };
  const database = await openDatabase(own.connection, options);
  await assert.rejects(database.pool.query("select pg_sleep(60)"), { code: "57014" });
  await database.close();
});

test("closing twice is closing once", async () => {
  const options = { poolSize: 1, logger: quietLogger, applicationName: "test" };
  const database = await openDatabase(own.connection, options);
  await Promise.all([database.close(), database.close()]);
  await database.close();
});

test("a server that does not answer is reported as such", async () => {
  const connection = { connectionString: "postgresql://nobody@127.0.0.1:1/none" };
  const options = { poolSize: 1, logger: quietLogger, applicationName: "test" };
  await assert.rejects(openDatabase(connection, options), { code: "database_unavailable", message: /ECONNREFUSED/ });
});

test("a server older than PostgreSQL 14 is refused by its version", async () => {
  const client = new pg.Client({ ...own.connection });
  await client.connect();
  try {
    // This server, saying the version of an older one.
    await client.query(`create schema older;
      create function older.current_setting(name text) returns text language sql
        as $$ select case name when 'server_version' then '13.22' else '130022' end $$;
      set search_path = older, pg_catalog`);
    await assert.rejects(requireSupportedServer(client), {
      code: "database_unavailable",
      message: "Expected PostgreSQL 14 or newer for DATABASE_URL but received 13.22",
    });
  } finally {
    await client.end();
  }
});
