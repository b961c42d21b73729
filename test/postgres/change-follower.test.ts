import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import pg from "pg";
import { type ChangeFollower, createChangeFollower } from "../../src/db/change-follower.ts";
import { readNews } from "../../src/db/fingerprint-changes.ts";
import { openGuardingSession } from "../../src/db/guarding-session.ts";
import type { NearTable } from "../../src/db/near-strategy.ts";
import { createTestDatabase, quietLogger, type TestDatabase } from "../support/database.ts";

let test: TestDatabase;
let lastId = 0;
before(async () => {
  test = await createTestDatabase();
  await test.database.pool.query(
    "insert into list (name, kind, action, pdq_threshold, blockhash_threshold) values ('a', 'disallow', 'block', 31, 10)",
  );
});
after(() => test.drop());

const INSERT = `with added as (
    insert into entry (list_id, identity, source, detail, created_by)
    select 1, int8send($1::int8 + i), 'hashes', 'sufficient', 'test' from generate_series(1, $2::int) as i returning id)
  insert into entry_pdq select id, repeat('01', 128)::bit(256) from added returning entry_id`;

async function insert(on: Pick<pg.ClientBase, "query">, rows = 1): Promise<number[]> {
  lastId += rows;
  const { rows: inserted } = await on.query<{ entry_id: string }>(INSERT, [lastId - rows, rows]);
  return inserted.map(({ entry_id }) => Number(entry_id));
}

/** A follower that keeps owners only, and what it was told to catch up with. */
async function startFollower() {
  const held = new Map<NearTable, Set<number>>();
  const caughtUp: (readonly NearTable[])[] = [];
  let anew = 0;
  const follower = createChangeFollower({
    logger: quietLogger,
    wantsLsn: false,
    startAnew() {
      anew += 1;
    },
    tables: {
      apply(table, changes) {
        const owners = held.get(table) ?? new Set();
        held.set(table, owners);
        for (const { owner, bits } of changes) {
          if (bits === null) owners.delete(owner);
          else owners.add(owner);
        }
      },
      near: async (table, _hashes, _threshold, extra) => [
        ...(held.get(table) ?? []),
        ...extra.filter(({ bits }) => bits !== null).map(({ owner }) => owner),
      ],
    },
    catchUp: (_, reload) => caughtUp.push(reload),
  });
  const { snapshot } = await readNews(test.database, null, false);
  follower.resume({ snapshot, lsn: null, guard: null });
  return { follower, held, caughtUp, startedAnew: () => anew };
}

/** Asks and takes; what a search then finds in entry_pdq. */
async function seenNow(follower: ChangeFollower): Promise<readonly number[] | null> {
  const asked = follower.position();
  const view = follower.take(asked, await readNews(test.database, asked, false));
  return view === null ? null : await view.near("entry_pdq", [], 31);
}

describe("following the changes", () => {
  it("a transaction that began first and commits last is seen once it has committed, and not before", async () => {
    const { follower } = await startFollower();
    const early = new pg.Client(test.connection);
    await early.connect();
    await early.query("begin");
    const [first] = await insert(early);
    const [second] = await insert(test.database.pool);
    const [third] = await insert(test.database.pool);
    assert.deepEqual(await seenNow(follower), [second, third]);
    assert.deepEqual(await seenNow(follower), [second, third]);
    await early.query("commit");
    await early.end();
    assert.deepEqual(new Set(await seenNow(follower)), new Set([first, second, third]));
  });

  it("what is rolled back is never seen", async () => {
    const { follower } = await startFollower();
    const client = new pg.Client(test.connection);
    await client.connect();
    await client.query("begin");
    await insert(client);
    assert.deepEqual(await seenNow(follower), []);
    await client.query("rollback");
    await client.end();
    assert.deepEqual(await seenNow(follower), []);
  });

  it("an answer that was overtaken serves its own check and changes nothing for later ones", async () => {
    const { follower, held } = await startFollower();
    const asked = follower.position();
    const [gone] = await insert(test.database.pool);
    const overtaken = await readNews(test.database, asked, false);
    await test.database.pool.query("delete from entry_pdq where entry_id = $1", [gone]);
    const later = await readNews(test.database, asked, false);
    follower.take(asked, later);
    const view = follower.take(asked, overtaken);
    assert.deepEqual(await view?.near("entry_pdq", [], 31), [gone]);
    assert.deepEqual([...(held.get("entry_pdq") ?? [])], []);
    assert.deepEqual(await seenNow(follower), []);
  });

  it("inserted, deleted and inserted again in one transaction counts as it ended", async () => {
    const { follower } = await startFollower();
    const client = new pg.Client(test.connection);
    await client.connect();
    await client.query("begin");
    const [id] = await insert(client);
    const again = "insert into entry_pdq values ($1, repeat('10', 128)::bit(256))";
    await client.query("delete from entry_pdq where entry_id = $1", [id]);
    await client.query(again, [id]);
    const [other] = await insert(client);
    await client.query("delete from entry_pdq where entry_id = $1", [other]);
    await client.query("commit");
    await client.end();
    assert.deepEqual(await seenNow(follower), [id]);
  });

  it("hundreds of changes at once: the database answers until memory has caught up from where it stood", async () => {
    const { follower, caughtUp } = await startFollower();
    const stood = follower.position();
    await insert(test.database.pool, 201);
    assert.equal(await seenNow(follower), null);
    assert.deepEqual(caughtUp, [[]]);
    assert.equal(follower.position(), null);
    assert.equal(await seenNow(follower), null);
    assert.equal(caughtUp.length, 1);
    assert.ok(stood);
  });

  it("a view that was taken before answers no more: rows come and go in pages while memory catches up", async () => {
    const { follower } = await startFollower();
    const asked = follower.position();
    const view = follower.take(asked, await readNews(test.database, asked, false));
    assert.notEqual(await view?.near("entry_pdq", [], 31), null);
    await insert(test.database.pool, 201);
    assert.equal(await seenNow(follower), null);
    assert.equal(await view?.near("entry_pdq", [], 31), null);
  });

  it("a guarding session that is gone makes everything start anew, whatever the news are", async () => {
    const { follower, startedAnew } = await startFollower();
    const { client, guard } = await openGuardingSession(test.connection);
    const { snapshot } = await readNews(test.database, null, false);
    follower.resume({ snapshot, lsn: null, guard });
    assert.notEqual(await seenNow(follower), null);
    await client.end();
    while ((await seenNow(follower)) !== null);
    assert.deepEqual([startedAnew(), follower.position()], [1, null]);
  });

  it("what a logical replication or a restored dump writes is seen too: no trigger is left out, whatever the search path", async () => {
    const { follower } = await startFollower();
    const client = new pg.Client(test.connection);
    await client.connect();
    await client.query("set session_replication_role = replica");
    const [replicated] = await insert(client);
    await client.query("set session_replication_role = origin; set search_path = pg_catalog");
    const qualified = INSERT.replaceAll(/into (entry\w*)/g, "into public.$1");
    lastId += 1;
    const { rows } = await client.query<{ entry_id: string }>(qualified, [lastId - 1, 1]);
    await client.end();
    assert.deepEqual(new Set(await seenNow(follower)), new Set([replicated, Number(rows[0]?.entry_id)]));
  });

  it("an emptied table is loaded anew", async () => {
    const { follower, caughtUp } = await startFollower();
    await test.database.pool.query("truncate entry_blockhash");
    assert.equal(await seenNow(follower), null);
    assert.deepEqual(caughtUp, [["entry_blockhash"]]);
  });

  it("how far the enabled lists reach comes with each answer: by each hash, and by neural hashes where they are asked for", async () => {
    const { follower } = await startFollower();
    const { rows } = await test.database.pool.query<{ id: string }>(
      `insert into list (name, kind, action, pdq_threshold, blockhash_threshold, agreement_pdq_threshold,
         agreement_blockhash_threshold, neural_threshold, match)
       values ('wide', 'disallow', 'block', 60, 5, 90, 50, 64, 'fast'),
         ('robust', 'disallow', 'block', 1, 1, 0, 0, 40, 'robust') returning id`,
    );
    const widest = async () => {
      const asked = follower.position();
      return follower.take(asked, await readNews(test.database, asked, false))?.widest;
    };
    const [wide, robust] = rows;
    const disable = "update list set enabled = false where id = $1";
    assert.deepEqual(await widest(), { pdq: 60, blockhash: 50, neural: 40, neuralAny: 64 });
    await test.database.pool.query(disable, [wide?.id]);
    assert.deepEqual(await widest(), { pdq: 31, blockhash: 10, neural: 40, neuralAny: 40 });
    await test.database.pool.query(disable, [robust?.id]);
    assert.deepEqual(await widest(), { pdq: 31, blockhash: 10, neural: -1, neuralAny: 0 });
    await test.database.pool.query("update list set enabled = false");
    assert.deepEqual(await widest(), { pdq: 0, blockhash: 0, neural: -1, neuralAny: -1 });
  });
});
