import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { readNameLists } from "../../src/db/name-patterns.ts";
import { createTestDatabase, type TestDatabase } from "../support/database.ts";

describe("the version of a list of names", () => {
  let test: TestDatabase;
  before(async () => {
    test = await createTestDatabase();
  });
  after(() => test.drop());

  let made = 0;
  async function newList(kind = "names"): Promise<bigint> {
    const { rows } = await test.database.pool.query<{ id: string }>(
      `insert into list (name, kind, action, pdq_threshold, blockhash_threshold)
       values ($1, $2, 'block', 1, 1) returning id`,
      [`list-${++made}`, kind],
    );
    return BigInt(rows[0]?.id ?? 0);
  }

  const insert = (list: bigint, patterns: number, first = 0) =>
    `insert into entry (list_id, identity, source, detail, created_by, pattern, pattern_syntax)
     select ${list}, sha256(text::bytea), 'pattern', 'insufficient', 'test', text, 'substring'
     from (select 'pattern ' || number as text from generate_series(${first + 1}, ${first + patterns}) as number) as given`;

  async function version(list: bigint): Promise<string | null> {
    const lists = await readNameLists(test.database, [list]);
    return lists[0]?.version ?? null;
  }

  async function rowsOf(list: bigint): Promise<number> {
    const { rows } = await test.database.pool.query("select from names_version where list_id = $1", [String(list)]);
    return rows.length;
  }

  it("is another one after each change of its patterns, and after no other", async () => {
    const { pool } = test.database;
    const [list, other, pictures] = [await newList(), await newList(), await newList("disallow")];
    const seen = new Set<string | null>([await version(list)]);
    const one = `where list_id = ${list} and pattern = 'pattern 1'`;
    const changes = [
      insert(list, 3),
      `update entry set enabled = false ${one}`,
      `update entry set enabled = true ${one}`,
      `update entry set expires_at = now() ${one}`,
      `update entry set pattern = 'another' where list_id = ${list} and pattern = 'pattern 2'`,
      `update entry set list_id = ${other} where list_id = ${list} and pattern = 'pattern 3'`,
      `delete from entry ${one}`,
      "truncate entry cascade",
    ];
    for (const change of changes) {
      await pool.query(change);
      const now = await version(list);
      assert.ok(!seen.has(now), change);
      seen.add(now);
      assert.equal(await rowsOf(list), 1);
    }
    const last = await version(list);
    const others = [
      insert(other, 1),
      `insert into entry (list_id, identity, source, detail, created_by)
       values (${pictures}, sha256('a'), 'hashes', 'insufficient', 'test')`,
      `update entry set note = 'changed' where list_id = ${pictures}`,
      `update entry set note = 'nobody' where list_id = ${list}`,
      `begin; ${insert(list, 1, 10)}; rollback`,
    ];
    for (const change of others) await pool.query(change);
    assert.equal(await version(list), last);
    assert.equal(await rowsOf(pictures), 0);
  });

  it("tells of each of several transactions as it is committed, and none of them waits for another", async () => {
    const list = await newList();
    const { pool } = test.database;
    await pool.query(insert(list, 3));
    const seen = [await version(list)];
    const slow = await pool.connect();
    try {
      await slow.query("begin");
      await slow.query(insert(list, 1, 10));
      await pool.query(insert(list, 1, 20));
      seen.push(await version(list));
      await pool.query(insert(list, 1, 30));
      seen.push(await version(list));
      await slow.query("commit");
      seen.push(await version(list));
    } finally {
      slow.release();
    }
    await pool.query(insert(list, 1, 40));
    seen.push(await version(list));
    assert.equal(new Set(seen).size, 5);
    assert.equal(await rowsOf(list), 1);
  });

  it("is another one after what a rolled back savepoint leaves of a transaction", async () => {
    const list = await newList();
    const { pool } = test.database;
    await pool.query(insert(list, 1));
    const first = await version(list);
    await pool.query(
      `begin; savepoint first; ${insert(list, 1, 10)}; rollback to first; ${insert(list, 1, 20)}; commit`,
    );
    const second = await version(list);
    assert.notEqual(second, first);
    await pool.query(
      `begin; ${insert(list, 1, 30)}; savepoint second; ${insert(list, 1, 40)}; rollback to second; commit`,
    );
    assert.notEqual(await version(list), second);
  });

  it("is one, however many patterns a transaction changes", async () => {
    const list = await newList();
    const { pool } = test.database;
    await pool.query(insert(list, 10_000));
    const client = await pool.connect();
    // Also of transactions before this one, until the server has written its statistics.
    const inserted = async () => {
      const { rows } = await client.query<{ inserted: string }>(
        "select pg_stat_get_xact_tuples_inserted('names_version'::regclass) as inserted",
      );
      return Number(rows[0]?.inserted);
    };
    try {
      await client.query("begin");
      const before = await inserted();
      await client.query(`update entry set enabled = false where list_id = ${list}`);
      assert.equal((await inserted()) - before, 1);
      await client.query("commit");
    } finally {
      client.release();
    }
  });
});
