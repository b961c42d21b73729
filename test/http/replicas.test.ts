import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import type pg from "pg";
import { migrateDatabase } from "../../src/db/migrate.ts";
import { quietLogger } from "../support/database.ts";
import { execute } from "../support/foreign-layout.ts";
import { findServerPrograms, type LoopbackServer, startLoopbackServer } from "../support/loopback-server.ts";
import { detailedPicture, shrunkCopy } from "../support/pictures.ts";
import { ask, check } from "../support/requests.ts";
import { startService, type TestService } from "../support/service.ts";

const DATABASE = "lookalike";

const [programs] = await findServerPrograms();
if (programs === undefined) it("a service with a replica", { skip: "no server programs here: 2 cases skipped" });
else {
  describe("a service with a replica, without rows in memory", () => {
    let primary: LoopbackServer;
    let standby: LoopbackServer;
    let service: TestService;
    before(async () => {
      primary = await startLoopbackServer(programs, { wal_level: "replica" });
      await execute(primary.url(), `create database ${DATABASE}`);
      await migrateDatabase({ connectionString: primary.url(DATABASE) }, { logger: quietLogger });
      await primary.stop();
      const source = `host=127.0.0.1 port=${primary.port} user=lookalike`;
      standby = await primary.copy({ primary_conninfo: source, wal_retrieve_retry_interval: "100ms" }, [
        "standby.signal",
      ]);
      await primary.start();
      const replicaUrls = [standby.url(DATABASE)];
      service = await startService({ databaseUrl: primary.url(DATABASE), config: { hotIndexMb: 0, replicaUrls } });
      await ask(service, "POST", "/v1/lists", { body: { name: "banned" } });
    });
    after(async () => {
      await service?.close();
      await standby?.remove();
      await primary?.remove();
    });

    /** The verdict on a picture, and how many searches the primary ran for it. */
    async function verdictOn(picture: Buffer): Promise<{ verdict: string; searchesOfPrimary: number }> {
      const pool: pg.Pool = service.context.db.searchPool;
      const { query } = pool;
      let searchesOfPrimary = 0;
      pool.query = ((...asked: [{ name?: string }]) => {
        if (asked[0].name?.startsWith("near_entries")) searchesOfPrimary += 1;
        return query.apply(pool, asked as never);
      }) as never;
      try {
        const { body } = await check(service, picture, { query: "?classify=never" });
        return { verdict: body.verdict, searchesOfPrimary };
      } finally {
        pool.query = query;
      }
    }

    /** Returns once the replica may answer. */
    async function untilReplicaAnswers(picture: Buffer): Promise<void> {
      while ((await verdictOn(picture)).searchesOfPrimary > 0) {
        await service.context.db.pool.query("select pg_logical_emit_message(false, 'test', '')");
      }
    }

    it("leaves searches to the replica while nothing that they look for has changed", async () => {
      const picture = await detailedPicture(811);
      await ask(service, "POST", "/v1/lists/banned/entries", { body: picture });
      const copy = await shrunkCopy(picture);
      await check(service, copy, { query: "?classify=never" });
      await untilReplicaAnswers(copy);
      assert.deepEqual(await verdictOn(copy), { verdict: "block", searchesOfPrimary: 0 });
    });

    it("enforces bans, lifts and disabled lists with the very next request while the replica stands still", async () => {
      const picture = await detailedPicture(812);
      const copy = await shrunkCopy(picture);
      await check(service, copy, { query: "?classify=never" });
      await untilReplicaAnswers(copy);
      await execute(standby.url(DATABASE), "select pg_wal_replay_pause()");
      const state = "select pg_get_wal_replay_pause_state() as state";
      while ((await execute(standby.url(DATABASE), state)).rows[0].state !== "paused");
      assert.equal((await verdictOn(copy)).verdict, "allow");
      const { body: entry } = await ask(service, "POST", "/v1/lists/banned/entries", { body: picture });
      assert.deepEqual(await verdictOn(copy), { verdict: "block", searchesOfPrimary: 1 });
      await ask(service, "PATCH", "/v1/lists/banned", { body: { enabled: false } });
      assert.equal((await verdictOn(copy)).verdict, "allow");
      await ask(service, "PATCH", "/v1/lists/banned", { body: { enabled: true } });
      assert.equal((await verdictOn(copy)).verdict, "block");
      await ask(service, "DELETE", `/v1/lists/banned/entries/${entry.id}`);
      assert.equal((await verdictOn(copy)).verdict, "allow");
      await execute(standby.url(DATABASE), "select pg_wal_replay_resume()");
      await untilReplicaAnswers(copy);
      assert.equal((await verdictOn(copy)).verdict, "allow");
    });
  });
}
