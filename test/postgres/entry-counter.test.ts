import assert from "node:assert/strict";
import { after, before, beforeEach, describe, it } from "node:test";
import type { Database } from "../../src/db/client.ts";
import { createEntryCounter } from "../../src/services/entry-counter.ts";
import { createTestDatabase, type TestDatabase } from "../support/database.ts";

let test: TestDatabase;
let db: Database;

before(async () => {
  test = await createTestDatabase();
  db = test.database;
});
after(() => test.drop());
beforeEach(async () => {
  await db.pool.query("truncate entry, list cascade");
  await db.pool.query(
    `insert into list (name, kind, action, pdq_threshold, blockhash_threshold)
      values ('banned', 'disallow', 'block', 31, 0), ('allowed', 'allow', 'block', 31, 0)`,
  );
});

/** A row past the service, which writes no audit row. */
async function addEntry(fields: { list?: string; source?: string; detail?: string; expires?: string } = {}) {
  const { list = "banned", source = "image", detail = "sufficient", expires = null } = fields;
  await db.pool.query(
    `insert into entry (list_id, identity, source, detail, pdq, md5, expires_at, created_by)
      select id, sha256(random()::text::bytea), $2, $3, sha256(''), decode(md5(''), 'hex'), $4::timestamptz, 'test'
      from list where name = $1`,
    [list, source, detail, expires],
  );
}

async function writeAuditRow(): Promise<void> {
  await db.pool.query("insert into audit (actor, action, subject, details) values ('test', 'entry.create', 'x', '{}')");
}

async function numbers(counter: ReturnType<typeof createEntryCounter>): Promise<[pdq: number, md5: number]> {
  const { pdq, md5 } = await counter.count(db);
  return [pdq.count, md5.count];
}

describe("the counter of entries' hashes", () => {
  it("counts what can be found in disallow lists now, MD5s where they were given without a picture", async () => {
    await addEntry();
    await addEntry({ source: "hashes" });
    await addEntry({ source: "url", detail: "insufficient" });
    await addEntry({ list: "allowed", source: "hashes" });
    await addEntry({ source: "hashes", expires: "2020-01-01" });
    await addEntry({ source: "hashes" });
    await db.pool.query("update entry set enabled = false where id = (select max(id) from entry)");
    const { pdq, md5 } = await createEntryCounter().count(db);
    assert.deepEqual([pdq.count, md5.count], [2, 1]);
    assert.ok(pdq.newestAt instanceof Date && md5.newestAt instanceof Date && pdq.newestAt <= md5.newestAt);
    await db.pool.query("update list set deleted_at = now() where name = 'banned'");
    assert.deepEqual(await createEntryCounter().count(db), {
      pdq: { count: 0, newestAt: null },
      md5: { count: 0, newestAt: null },
    });
  });

  it("reads no entry again before the audit has a change, and then all of them for the very next who asks", async () => {
    const counter = createEntryCounter();
    await addEntry();
    assert.deepEqual(await numbers(counter), [1, 0]);
    await addEntry();
    assert.deepEqual(await numbers(counter), [1, 0], "no change that it can know of");
    await writeAuditRow();
    assert.deepEqual(await numbers(counter), [2, 0]);
  });

  it("counts anew once an entry has expired", async () => {
    const counter = createEntryCounter();
    await addEntry();
    await addEntry({ expires: new Date(Date.now() + 400).toISOString() });
    assert.deepEqual(await numbers(counter), [2, 0]);
    const expired = async () => {
      const { rows } = await db.pool.query("select 1 from entry where expires_at <= now()");
      return rows.length > 0;
    };
    while (!(await expired()));
    assert.deepEqual(await numbers(counter), [1, 0]);
  });

  it("answers each of many who ask at once with what was there when it asked", async () => {
    const counter = createEntryCounter();
    const asked: Promise<[number, number]>[] = [];
    for (let entries = 1; entries <= 20; entries++) {
      await addEntry();
      await writeAuditRow();
      asked.push(numbers(counter));
    }
    for (const [place, [pdq]] of (await Promise.all(asked)).entries())
      assert.ok(pdq >= place + 1, `${pdq} at ${place}`);
  });

  it("lets a count of many entries be for twenty times as long as it took, whatever changes", async () => {
    let time = 0;
    const counter = createEntryCounter(2, () => (time += 10));
    await addEntry();
    await addEntry();
    assert.deepEqual(await numbers(counter), [2, 0]);
    await addEntry();
    await writeAuditRow();
    assert.deepEqual(await numbers(counter), [2, 0]);
    time += 200;
    assert.deepEqual(await numbers(counter), [3, 0]);
  });

  it("believes no count for more than five minutes, for changes that left no audit row", async () => {
    let time = 0;
    const counter = createEntryCounter(100, () => time);
    await addEntry();
    assert.deepEqual(await numbers(counter), [1, 0]);
    await addEntry();
    time = 299_999;
    assert.deepEqual(await numbers(counter), [1, 0]);
    time = 300_000;
    assert.deepEqual(await numbers(counter), [2, 0]);
  });
});
