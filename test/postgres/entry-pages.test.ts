import assert from "node:assert/strict";
import { it } from "node:test";
import { drizzle } from "drizzle-orm/node-postgres";
import { type EntryFilter, pageEntries } from "../../src/db/entries.ts";
import { createTestDatabase } from "../support/database.ts";
import { countRowsRead } from "../support/rows-read.ts";

const ANY: EntryFilter = { liveOnly: false, customId: null };
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

  for (const [list, filter, after] of [
    [small, {}, 0n],
    [small, { liveOnly: true }, 0n],
    [small, { customId: "even" }, 0n],
    [small, {}, BigInt(LARGE + SMALL / 2)],
    [large, { liveOnly: true }, 0n],
    [large, { customId: "even" }, BigInt(LARGE / 2)],
  ] as const) {
    const { result: found, read } = await countRowsRead(client, "entry", () =>
      pageEntries(database, list, { ...ANY, ...filter }, after, 101),
    );
    const name: string = list === small ? "small" : "large";
    const what: string = `${name} ${JSON.stringify(filter)} after ${after}`;
    assert.equal(found.length, 101, what);
    assert.ok(read <= 300, `${read} rows read for ${what}`);
  }
});
