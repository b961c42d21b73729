import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { type Database, openDatabase } from "../../src/db/client.ts";
import { migrateDatabase } from "../../src/db/migrate.ts";
import { searchImagesByOneHash } from "../../src/db/near-images.ts";
import type { NearDatabase } from "../../src/db/near-source.ts";
import { recordNewImage } from "../../src/db/record-check.ts";
import { openReplicas, parseLsn, type Replicas } from "../../src/db/replicas.ts";
import { checkedImage, freeCheck } from "../support/checked-image.ts";
import { quietLogger } from "../support/database.ts";
import { execute } from "../support/foreign-layout.ts";
import { findServerPrograms, type LoopbackServer, startLoopbackServer } from "../support/loopback-server.ts";
import { COMPARABLE_VERSIONS, randomHash, seededRandom } from "../support/near-corpus.ts";

const DATABASE = "lookalike";
const OPTIONS = { poolSize: 4, logger: quietLogger, applicationName: "lookalike test" };

const found = await findServerPrograms();
if (found.length === 0) test("searches on a replica", { skip: "no server programs here: 7 cases skipped" });

test("places in the write-ahead log are compared as numbers", () => {
  assert.equal(parseLsn("0/0"), 0n);
  assert.equal(parseLsn("16/B374D848"), 0x16b374d848n);
  assert.ok(parseLsn("2/0") > parseLsn("1/FFFFFFFF"));
  assert.ok(parseLsn("10/0") > parseLsn("9/0"));
});

for (const programs of found) {
  describe(`searches on a replica of ${programs.version}`, () => {
    const random = seededRandom(77);
    let primary: LoopbackServer;
    let standby: LoopbackServer;
    let database: Database;
    let replicas: Replicas;
    let images = 0;
    before(async () => {
      primary = await startLoopbackServer(programs, { wal_level: "replica", synchronous_commit: "on" });
      await execute(primary.url(), `create database ${DATABASE}`);
      await migrateDatabase({ connectionString: primary.url(DATABASE) }, { logger: quietLogger });
      await primary.stop();
      const source = `host=127.0.0.1 port=${primary.port} user=lookalike`;
      standby = await primary.copy({ primary_conninfo: source, wal_retrieve_retry_interval: "100ms" }, [
        "standby.signal",
      ]);
      await primary.start();
      database = await openDatabase({ connectionString: primary.url(DATABASE) }, OPTIONS);
      replicas = await openReplicas(database, [standby.url(DATABASE)], OPTIONS);
    });
    after(async () => {
      await replicas?.close();
      await database?.close();
      await standby?.remove();
      await primary?.remove();
    });

    /** A new image, and the place in the log from which on it must be found. */
    async function record(): Promise<{ id: bigint; pdq: string; lsn: string }> {
      const hashes = { pdq: randomHash(random), blockhash: randomHash(random) };
      images += 1;
      const { id } = await recordNewImage(database, checkedImage(images, hashes), null, freeCheck());
      const { rows } = await database.pool.query<{ lsn: string }>("select pg_current_wal_insert_lsn()::text as lsn");
      return { id, pdq: hashes.pdq, lsn: rows[0]?.lsn ?? "" };
    }

    async function find(near: NearDatabase, pdq: string): Promise<{ ids: bigint[]; byReplica: boolean }> {
      const matches = await searchImagesByOneHash(near, {
        kind: "pdq",
        hash: pdq,
        threshold: 31,
        limit: 10,
        comparableVersions: COMPARABLE_VERSIONS,
      });
      return { ids: matches.map(({ imageId }) => imageId), byReplica: near.searchPool !== database.searchPool };
    }

    const search = (pdq: string, lsn: string | null) => replicas.search(lsn, (near) => find(near, pdq));

    async function untilPicked(lsn: string): Promise<void> {
      while (replicas.pick(lsn) === null) {
        // Where a record ends with its page, the log's next place is behind the next page's header: replayed only with
        // the record that follows.
        await database.pool.query("select pg_logical_emit_message(false, 'test', '')");
      }
    }

    async function untilPaused(paused: boolean): Promise<void> {
      await execute(standby.url(), `select pg_wal_replay_${paused ? "pause" : "resume"}()`);
      for (;;) {
        const { rows } = await execute(standby.url(), "select pg_get_wal_replay_pause_state() as state");
        if (rows[0].state === (paused ? "paused" : "not paused")) return;
      }
    }

    test("what was recorded is found on the replica once it has come there", async () => {
      const image = await record();
      await untilPicked(image.lsn);
      assert.deepEqual(await search(image.pdq, image.lsn), { ids: [image.id], byReplica: true });
      assert.deepEqual(await search(image.pdq, null), { ids: [image.id], byReplica: false });
    });

    test("while the replica stands still the primary answers for what is newer, and the replica for what is older", async () => {
      const older = await record();
      await untilPicked(older.lsn);
      await untilPaused(true);
      const newer = await record();
      for (let i = 0; i < 50; i++) {
        assert.deepEqual(await search(newer.pdq, newer.lsn), { ids: [newer.id], byReplica: false });
      }
      assert.deepEqual(await search(older.pdq, older.lsn), { ids: [older.id], byReplica: true });
      assert.deepEqual(await search(newer.pdq, older.lsn), { ids: [], byReplica: true });
      await untilPaused(false);
      await untilPicked(newer.lsn);
      assert.deepEqual(await search(newer.pdq, newer.lsn), { ids: [newer.id], byReplica: true });
    });

    test("through hundreds of writes and halts no answer is stale, and the replica gives some of them", async () => {
      const givenBy = { replica: 0, primary: 0 };
      for (let i = 0; i < 300; i++) {
        if (i % 50 === 25) await untilPaused(true);
        if (i % 50 === 40) await untilPaused(false);
        const image = await record();
        if (i % 3 === 0 && i % 50 < 25) await untilPicked(image.lsn);
        const [first, second] = await Promise.all([search(image.pdq, image.lsn), search(image.pdq, image.lsn)]);
        assert.deepEqual([first.ids, second.ids], [[image.id], [image.id]]);
        givenBy[first.byReplica ? "replica" : "primary"] += 1;
      }
      assert.ok(givenBy.replica > 0 && givenBy.primary > 0, JSON.stringify(givenBy));
    });

    test("a replica that was lost is left out, and answers again once it is back", async () => {
      const image = await record();
      await untilPicked(image.lsn);
      await standby.stop();
      assert.deepEqual(await search(image.pdq, image.lsn), { ids: [image.id], byReplica: false });
      assert.equal(replicas.pick(image.lsn), null);
      await standby.start();
      const newer = await record();
      await untilPicked(newer.lsn);
      assert.deepEqual(await search(newer.pdq, newer.lsn), { ids: [newer.id], byReplica: true });
    });

    test("a server that is no replica of this database never answers, be it the primary or a database beside it", async () => {
      await execute(primary.url(), "create database beside");
      const { lsn } = await record();
      await untilPicked(lsn);
      const refused: unknown[] = [];
      const logger = { ...quietLogger, warn: (facts: object) => void refused.push(facts) };
      const wrong = await openReplicas(database, [primary.url(DATABASE), standby.url("beside")], {
        ...OPTIONS,
        logger,
      });
      const image = await record();
      for (let i = 0; i < 20; i++) {
        const answer = await wrong.search(image.lsn, (near) => find(near, image.pdq));
        assert.deepEqual(answer, { ids: [image.id], byReplica: false });
      }
      await wrong.close();
      assert.equal(wrong.pick("0/0"), null);
    });

    test("without replicas the primary answers", async () => {
      const none = await openReplicas(database, [], OPTIONS);
      const image = await record();
      assert.equal(none.pick("0/0"), null);
      const answer = await none.search(image.lsn, (near) => find(near, image.pdq));
      assert.deepEqual(answer, { ids: [image.id], byReplica: false });
      await none.close();
    });

    test("a replica that was promoted answers no more", async () => {
      const image = await record();
      await untilPicked(image.lsn);
      await execute(standby.url(), "select pg_promote()");
      while (replicas.pick(image.lsn) !== null) await new Promise(setImmediate);
      for (let i = 0; i < 20; i++) {
        assert.deepEqual(await search(image.pdq, image.lsn), { ids: [image.id], byReplica: false });
      }
    });
  });
}
