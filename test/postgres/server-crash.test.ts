import assert from "node:assert/strict";
import { it } from "node:test";
import pg from "pg";
import { openDatabase } from "../../src/db/client.ts";
import { createHotMemory } from "../../src/db/hot-memory.ts";
import { migrateDatabase } from "../../src/db/migrate.ts";
import { searchEntries } from "../../src/db/near-search.ts";
import { quietLogger } from "../support/database.ts";
import { execute } from "../support/foreign-layout.ts";
import { takeView } from "../support/hot-memory.ts";
import { findServerPrograms, startLoopbackServer } from "../support/loopback-server.ts";
import { ANYTHING, insertEntries, insertLists, lookOf, randomHash, seededRandom } from "../support/near-corpus.ts";

const POOL_SIZE = 2;

const [programs] = await findServerPrograms();
const skip = programs === undefined ? "no server programs here: 1 case skipped" : false;

it("a server that crashes and gives numbers of transactions out again makes no check stale", { skip }, async (t) => {
  // What was written last and waits for no commit is still in memory when the server crashes.
  const server = await startLoopbackServer(programs!, { synchronous_commit: "on", wal_writer_delay: "10s" });
  t.after(() => server.remove());
  await execute(server.url(), "create database lookalike");
  const connection = { connectionString: server.url("lookalike") };
  await migrateDatabase(connection, { logger: quietLogger });
  const db = await openDatabase(connection, {
    poolSize: POOL_SIZE,
    logger: quietLogger,
    applicationName: "crash test",
  });
  t.after(() => db.close());
  await insertLists(db, [{ id: 1n, name: "one", pdq: 31, blockhash: 10 }]);
  const memory = createHotMemory(connection, { budgetBytes: 2 ** 26, hasReplicas: false, logger: quietLogger });
  t.after(() => memory.close());
  memory.begin(db);
  await takeView(memory, db);

  const random = seededRandom(3);
  for (let round = 0; round < 2; round++) {
    for (let failed = 0; failed < 20; failed++) {
      const again =
        "insert into list (name, kind, action, pdq_threshold, blockhash_threshold) select name, kind, action, 1, 1 from list";
      await assert.rejects(db.pool.query(again), /duplicate key/);
    }
    await takeView(memory, db);
    const { rows: before } = await db.pool.query<{ pid: number }>(PIDS);
    await crash(connection);
    await untilAnsweringAnew(
      db.pool,
      before.map(({ pid }) => pid),
    );
    const entry = { id: BigInt(round + 1), listId: 1n, pdq: randomHash(random) };
    await insertEntries(db, [entry]);
    const view = await takeView(memory, db);
    const found = await searchEntries(db, { ...ANYTHING, looks: [lookOf(entry)], view });
    assert.deepEqual(
      found.map(({ entryId }) => entryId),
      [entry.id],
      `round ${round}`,
    );
  }
});

/** Kills one backend: the server ends all others and recovers from what has reached the disk. */
async function crash(connection: pg.ClientConfig): Promise<void> {
  const client = new pg.Client(connection);
  client.on("error", () => {});
  await client.connect();
  const { rows } = await client.query<{ pid: number }>("select pg_backend_pid() as pid");
  const ended = new Promise((resolve) => client.once("end", resolve));
  process.kill(rows[0]!.pid, "SIGKILL");
  await ended;
}

const PIDS = "select pid from pg_stat_activity where backend_type = 'client backend'";

/** Returns once every connection of the pool is of a session that began after these had. */
async function untilAnsweringAnew(pool: pg.Pool, before: readonly number[]): Promise<void> {
  for (;;) {
    try {
      const asked = Array.from({ length: POOL_SIZE }, () =>
        pool.query<{ pid: number }>("select pg_backend_pid() as pid"),
      );
      const pids = (await Promise.all(asked)).map(({ rows }) => rows[0]?.pid ?? 0);
      if (!pids.some((pid) => before.includes(pid))) return;
    } catch {
      // It ends its sessions, or recovers.
    }
  }
}
