import assert from "node:assert/strict";
import test from "node:test";
import { openDatabase } from "../../src/db/client.ts";
import { putFeedback } from "../../src/db/feedback.ts";
import { migrateDatabase } from "../../src/db/migrate.ts";
import { createEmptyDatabase, quietLogger } from "../support/database.ts";
import { BEFORE_FEEDBACK_BOUNDS, withMigrationsUpTo } from "../support/earlier-migrations.ts";

test("pictures that the version before has kept with feedback count among those of their key", async (t) => {
  const made = await createEmptyDatabase();
  t.after(made.drop);
  await withMigrationsUpTo(BEFORE_FEEDBACK_BOUNDS, (migrationsFolder) =>
    migrateDatabase(made.connection, { logger: quietLogger, migrationsFolder }),
  );
  const database = await openDatabase(made.connection, { poolSize: 2, logger: quietLogger, applicationName: "test" });
  t.after(() => database.close());
  await database.pool.query(
    `insert into feedback (key_id, sha256, sha1, md5, fingerprint_version, model, class, surface, picture)
      select 'key_a', sha256(picture), sha256(picture), sha256(picture), 1, 'model', 'class', 'native', picture
      from unnest(array[decode(repeat('ab', 600), 'hex')]) as picture`,
  );
  await migrateDatabase(made.connection, { logger: quietLogger });
  const said = { fingerprintVersion: 1, model: "model", class: "class", surface: "native" };
  const digests = { sha256: "0a", sha1: "0a", md5: "0a" };
  const put = (keyId: string) =>
    putFeedback(database, { ...said, ...digests, keyId, picture: Buffer.alloc(500) }, { rows: 10, pictureBytes: 1000 });
  assert.equal((await put("key_a"))?.hasPicture, false, "600 and 500 are more than 1000");
  assert.equal((await put("key_b"))?.hasPicture, true);
});
