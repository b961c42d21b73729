import assert from "node:assert/strict";
import { it } from "node:test";
import type { Database } from "../../src/db/client.ts";
import { findExactEntries } from "../../src/db/exact-entries.ts";
import { findImageAndFeedback } from "../../src/db/find-image.ts";
import { gateLookUp } from "../../src/db/gate-look-up.ts";
import { createTestDatabase } from "../support/database.ts";
import { idleFollower } from "../support/idle-follower.ts";

it("look-ups planned on empty tables read no table whole once it has grown, also before any analyze", async (t) => {
  const test = await createTestDatabase();
  t.after(() => test.drop());
  const client = await test.database.pool.connect();
  try {
    const database = { ...test.database, pool: client as unknown as Database["pool"] };
    await client.query(
      `alter table image set (autovacuum_enabled = off); alter table entry set (autovacuum_enabled = off);
        alter table fingerprint_change set (autovacuum_enabled = off); alter table feedback set (autovacuum_enabled = off)`,
    );
    for (let round = 0; round < 10; round++) {
      await gateLookUp(database, idleFollower, "sha1", ["00"], { keyId: "key" });
      await findImageAndFeedback(database, "00");
      await findExactEntries(database, idleFollower, { sha256: ["00"], sha1: ["00"], md5: ["00"] }, null);
    }
    const digests = "sha256(convert_to(i::text, 'UTF8')), decode(md5('a' || i), 'hex'), decode(md5('b' || i), 'hex')";
    await client.query(`insert into image (sha256, sha1, md5, byte_length, format, width, height, frames, pdq_quality, detail,
      fingerprint_version) select ${digests}, 1, 'png', 1, 1, 1, 0, 'insufficient', 1 from generate_series(1, 20000) as i`);
    await client.query(`with one as (
        insert into list (name, kind, action, pdq_threshold, blockhash_threshold) values ('a', 'disallow', 'block', 0, 0)
        returning id)
      insert into entry (list_id, identity, source, sha256, sha1, md5, detail, created_by)
      select one.id, decode(md5(i::text), 'hex'), 'image', ${digests}, 'insufficient', 'test'
      from one, generate_series(1, 20000) as i`);
    await client.query(`insert into feedback (key_id, sha256, sha1, md5, fingerprint_version, model, class, surface)
      select 'key', ${digests}, 1, 'model', 'class', 'native' from generate_series(1, 20000) as i`);
    await client.query(
      `insert into fingerprint_change (source, owner) select 'entry', i from generate_series(1, 20000) as i`,
    );
    for (const statement of [
      "gate_key_sha1('{}', 'key', '1:1:', false, null)",
      "find_image_and_feedback('')",
      "find_exact_entries('{}', '{}', '{}', null, '1:1:', false, null)",
    ]) {
      const { rows } = await client.query<{ "QUERY PLAN": string }>(`explain execute ${statement}`);
      const plan = rows.map((row) => row["QUERY PLAN"]).join("\n");
      assert.doesNotMatch(plan, /Seq Scan on (image|entry|feedback|fingerprint_change)/, plan);
    }
  } finally {
    client.release();
  }
});
