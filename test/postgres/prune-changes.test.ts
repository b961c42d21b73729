import assert from "node:assert/strict";
import { beforeEach, describe, it } from "node:test";
import { createChangeFollower } from "../../src/db/change-follower.ts";
import { readNews } from "../../src/db/fingerprint-changes.ts";
import { createChangePruning, forgetChangesToCome } from "../../src/db/prune-changes.ts";
import { createTestDatabase, quietLogger, type TestDatabase } from "../support/database.ts";

const MINUTE_MS = 60_000;

describe("forgetting logged changes", () => {
  let test: TestDatabase;
  beforeEach(async (t) => {
    test = await createTestDatabase();
    (t as unknown as { after(done: () => Promise<void>): void }).after(() => test.drop());
  });

  /** Returns once no transaction of the whole server, whoever's, is as old as the change. */
  async function logChange(owner: number): Promise<void> {
    const { pool } = test.database;
    const { rows: logged } = await pool.query<{ xid: string }>(
      "insert into fingerprint_change (source, owner) values ('entry_pdq', $1) returning xid::text",
      [owner],
    );
    const horizon = "select pg_snapshot_xmin(pg_current_snapshot()) > $1::text::xid8 as passed";
    while ((await pool.query<{ passed: boolean }>(horizon, [logged[0]?.xid])).rows[0]?.passed !== true);
  }
  async function owners(): Promise<number[]> {
    const { rows } = await test.database.pool.query<{ owner: string }>(
      "select owner from fingerprint_change where source = 'entry_pdq' order by owner",
    );
    return rows.map(({ owner }) => Number(owner));
  }

  it("keeps them for ten minutes, and no longer", async () => {
    let now = 0;
    const pruning = createChangePruning(() => now);
    await logChange(1);
    assert.equal(await pruning.prune(test.database), 0);
    now = 9 * MINUTE_MS;
    await logChange(2);
    assert.equal(await pruning.prune(test.database), 0);
    now = 11 * MINUTE_MS;
    assert.equal(await pruning.prune(test.database), 1);
    assert.deepEqual(await owners(), [2]);
  });

  it("tells a process that stood still meanwhile to load anew, also after a second pruning", async () => {
    let now = 0;
    const pruning = createChangePruning(() => now);
    const stood = (await readNews(test.database, null, false)).snapshot;
    for (let round = 1; round <= 4; round++) {
      await logChange(round);
      await pruning.prune(test.database);
      now += 20 * MINUTE_MS;
    }
    await pruning.prune(test.database);
    const reloads: (readonly string[])[] = [];
    const follower = createChangeFollower({
      logger: quietLogger,
      wantsLsn: false,
      startAnew() {},
      tables: { apply() {}, near: async () => [] },
      catchUp: (_, reload) => reloads.push(reload),
    });
    follower.resume({ snapshot: stood, lsn: null, guard: null });
    const asked = follower.position();
    assert.equal(follower.take(asked, await readNews(test.database, asked, false)), null);
    assert.equal(reloads.length, 1);
    assert.ok(reloads[0]!.includes("entry_pdq"));
    assert.equal(follower.position(), null);
  });

  it("does not disturb a process that has followed", async () => {
    let now = 0;
    const pruning = createChangePruning(() => now);
    await logChange(1);
    await pruning.prune(test.database);
    now = 20 * MINUTE_MS;
    const follower = createChangeFollower({
      logger: quietLogger,
      wantsLsn: false,
      startAnew() {},
      tables: { apply() {}, near: async () => [] },
      catchUp: () => assert.fail("was told to load anew"),
    });
    follower.resume({ snapshot: (await readNews(test.database, null, false)).snapshot, lsn: null, guard: null });
    assert.equal(await pruning.prune(test.database), 1);
    const asked = follower.position();
    assert.notEqual(follower.take(asked, await readNews(test.database, asked, false)), null);
  });

  it("removes at once what a dump of another cluster brought along, whose transactions are yet to come here", async () => {
    await test.database.pool.query(
      "insert into fingerprint_change (xid, source, owner) values ('4000000000', 'entry_pdq', 1)",
    );
    await forgetChangesToCome(test.database.pool as never);
    assert.deepEqual(await owners(), []);
  });
});
