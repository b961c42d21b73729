import assert from "node:assert/strict";
import { it } from "node:test";
import { drizzle } from "drizzle-orm/node-postgres";
import { type EntryFilter, pageEntries } from "../../src/db/entries.ts";
import { createTestDatabase } from "../support/database.ts";

const LARGE = 20_000;
const SMALL = 1_000;

it("a page of a list's entries reads about as many rows as it has, however many other lists have", async (t) => {
  const test = await createTestDatabase();
  const client = await test.database.pool.connect();
  t.after(async () => {
    client.release();
    await test.drop();
  });
  const database = { ...test.database, orm: drizzle(client) };
  await client.query(`insert into list (name, kind, action, pdq_threshold, blockhash_threshold)
    select name, 'disallow', 'block', 31, 10 from unnest('{large,small}'::text[]) as name`);
  // The small list's entries are the last of all, where a walk from the first on comes late.
  await client.query(`insert into entry (list_id, identity, custom_id, source, sha256, detail, created_by)
    select list.id, int8send(i), case when i % 2 = 0 then 'even' end, 'hashes', sha256(int8send(i)), 'insufficient', 'test'
    from generate_series(1, ${LARGE + SMALL}) as i join list on list.name = case when i <= ${LARGE} then 'large' else 'small' end
    order by i`);
  await client.query("analyze entry");
  const { rows: lists } = await client.query<{ id: string }>("select id from list order by name");
  const [large, small] = lists.map(({ id }) => BigInt(id));
  assert.ok(large !== undefined && small !== undefined);

  // Also of transactions before, until the server has written its statistics.
  async function rowsRead(): Promise<number> {
    const { rows } = await client.query<{ read: string }>(
      "select seq_tup_read + idx_tup_fetch as read from pg_stat_xact_user_tables where relname = 'entry'",
    );
    return Number(rows[0]?.read);
  }

  async function readPage(
    list: bigint,
    filter: Partial<EntryFilter>,
    after: bigint,
  ): Promise<[found: number, read: number]> {
    await client.query("begin");
    const before = await rowsRead();
    const found = await pageEntries(database, list, { liveOnly: false, customId: null, ...filter }, after, 101);
    const read = (await rowsRead()) - before;
    await client.query("commit");
    return [found.length, read];
  }

  for (const [list, filter, after] of [
    [small, {}, 0n],
    [small, { liveOnly: true }, 0n],
    [small, { customId: "even" }, 0n],
    [small, {}, BigInt(LARGE + SMALL / 2)],
    [large, { liveOnly: true }, 0n],
    [large, { customId: "even" }, BigInt(LARGE / 2)],
  ] as const) {
    const [found, read] = await readPage(list, filter, after);
    const name: string = list === small ? "small" : "large";
    const what: string = `${name} ${JSON.stringify(filter)} after ${after}`;
    assert.equal(found, 101, what);
    assert.ok(read <= 300, `${read} rows read for ${what}`);
  }
});
