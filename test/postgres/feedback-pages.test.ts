import assert from "node:assert/strict";
import { it } from "node:test";
import { drizzle } from "drizzle-orm/node-postgres";
import { type FeedbackFilter, pageFeedback } from "../../src/db/feedback.ts";
import { createTestDatabase } from "../support/database.ts";
import { countRowsRead } from "../support/rows-read.ts";

const ANY: FeedbackFilter = { sha256: null, model: null, class: null, keyId: null, surface: null, since: null };
const STORED = 20_000;

it("a page of feedback reads about as many rows as it has, whatever it is filtered by", async (t) => {
  const test = await createTestDatabase();
  const client = await test.database.pool.connect();
  t.after(async () => {
    client.release();
    await test.drop();
  });
  const database = { ...test.database, orm: drizzle(client) };
  const digest = "sha256(convert_to(i::text, 'UTF8'))";
  // What is asked for is the oldest of all, where a walk from the newest on comes last.
  const value = (rare: string, common: string) => `case when i <= 10 then '${rare}' else '${common}' end`;
  await client.query(`insert into feedback (key_id, sha256, sha1, md5, fingerprint_version, model, class, surface, updated_at)
    select ${value("key_rare", "key_common")}, ${digest}, ${digest}, ${digest}, 1, ${value("model-rare", "model")},
      ${value("class-rare", "class")}, ${value("surface-rare", "surface")},
      now() - case when i <= 10 then interval '1 hour' else interval '30 days' end
    from generate_series(1, ${STORED}) as i`);
  await client.query("analyze feedback");

  async function rowsRead(filter: Partial<FeedbackFilter>): Promise<{ found: number; read: number }> {
    const { result: found, read } = await countRowsRead(client, "feedback", () =>
      pageFeedback(database, { ...ANY, ...filter }, null, 101),
    );
    return { found: found.length, read };
  }

  for (const filter of [
    { keyId: "key_rare" },
    { model: "model-rare" },
    { class: "class-rare" },
    { surface: "surface-rare" },
    { since: new Date(Date.now() - 7_200_000) },
    { keyId: "key_rare", model: "model-rare", class: "class-rare" },
    { keyId: "key_common", class: "class-rare" },
    { keyId: "nobody" },
  ]) {
    const { found, read } = await rowsRead(filter);
    const expected = filter.keyId === "nobody" || filter.keyId === "key_common" ? 0 : 10;
    assert.equal(found, expected, JSON.stringify(filter));
    assert.ok(read <= 300, `${read} rows read for ${JSON.stringify(filter)}`);
  }
  const all = await rowsRead({});
  assert.equal(all.found, 101);
  assert.ok(all.read <= 300, `${all.read} rows read`);
});
