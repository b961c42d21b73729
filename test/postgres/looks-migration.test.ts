import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { type Database, openDatabase } from "../../src/db/client.ts";
import { findImageById } from "../../src/db/find-image.ts";
import { createHotMemory } from "../../src/db/hot-memory.ts";
import { findList } from "../../src/db/lists.ts";
import { migrateDatabase } from "../../src/db/migrate.ts";
import { searchedBits } from "../../src/db/near-bits.ts";
import { searchImages } from "../../src/db/near-images.ts";
import { searchEntries } from "../../src/db/near-search.ts";
import { DEFAULT_MATCH_RULE } from "../../src/fingerprint/default-rule.ts";
import { TRANSFORMS } from "../../src/fingerprint/transform.ts";
import { createEmptyDatabase, quietLogger } from "../support/database.ts";
import { BEFORE_LOOKS, withMigrationsUpTo } from "../support/earlier-migrations.ts";
import { takeView } from "../support/hot-memory.ts";
import { ANYTHING, COMPARABLE_VERSIONS, flip, lookOf, randomHash, seededRandom } from "../support/near-corpus.ts";

const random = seededRandom(17);
const pdq = randomHash(random);
const blockhash = randomHash(random);

for (const partitions of [1, 2]) {
  describe(`a database of the version before looks, with rows in ${partitions} partition(s)`, () => {
    let made: Awaited<ReturnType<typeof createEmptyDatabase>>;
    let database: Database;
    before(async () => {
      made = await createEmptyDatabase();
      const options = { logger: quietLogger, fingerprintPartitions: partitions };
      await withMigrationsUpTo(BEFORE_LOOKS, (migrationsFolder) =>
        migrateDatabase(made.connection, { ...options, migrationsFolder }),
      );
      database = await openDatabase(made.connection, { poolSize: 5, logger: quietLogger, applicationName: "test" });
      await fill();
      await migrateDatabase(made.connection, options);
    });
    after(async () => {
      await database?.close();
      await made?.drop();
    });

    /** What the version before wrote: two entries and an image, each with one row of each kind. */
    async function fill(): Promise<void> {
      const { pool } = database;
      await pool.query(
        `insert into list (name, kind, action, pdq_threshold, blockhash_threshold) values ('old', 'disallow', 'block', 31, 10);
         insert into entry (list_id, identity, source, detail, fingerprint_version, created_by)
         select 1, int8send(i), 'image', 'sufficient', 1, 'test' from generate_series(1, 2) as i`,
      );
      for (const [kind, hash] of [
        ["pdq", pdq],
        ["blockhash", blockhash],
      ] as const) {
        const bits = [searchedBits(kind, hash), searchedBits(kind, randomHash(random))];
        await pool.query(`insert into entry_${kind} select * from unnest($1::int8[], $2::varbit[])`, [[1, 2], bits]);
      }
      await pool.query(
        `insert into image (sha256, sha1, md5, byte_length, format, width, height, frames, pdq_transforms, pdq_quality,
           blockhash, detail, fingerprint_version)
         values ('a', 'a', 'a', 1, 'png', 1, 1, 1, decode($1, 'hex'), 100, decode($2, 'hex'), 'sufficient', 1)`,
        [pdq.repeat(8), blockhash],
      );
      await pool.query("insert into image_pdq values (1, $1)", [searchedBits("pdq", pdq)]);
      await pool.query("insert into image_blockhash values (1, $1)", [searchedBits("blockhash", blockhash)]);
    }

    test("its entries and images are found, from the tables and from memory, as whole pictures", async () => {
      const memory = createHotMemory(made.connection, {
        budgetBytes: 2 ** 26,
        hasReplicas: false,
        logger: quietLogger,
      });
      memory.begin(database);
      const looks = [lookOf({ pdq: flip(pdq, [1]), blockhash })];
      for (const view of [null, await takeView(memory, database)]) {
        const matches = await searchEntries(database, { ...ANYTHING, looks, view });
        assert.deepEqual(
          matches.map(({ entryId, hash, transform, fingerprintVersion }) => [
            entryId,
            hash,
            transform,
            fingerprintVersion,
          ]),
          [
            [1n, "blockhash", "identity", 1],
            [1n, "pdq", "identity", 1],
          ],
        );
        const thresholds = { pdq: 26, blockhash: 10 };
        const near = await searchImages(database, { looks, thresholds, comparableVersions: COMPARABLE_VERSIONS, view });
        assert.equal(near?.nearest.imageId, 1n);
      }
      await memory.close();
    });

    test("its lists match what they matched before, and no more", async () => {
      const list = await findList(database, "old");
      assert.deepEqual([list?.agreementPdqThreshold, list?.agreementBlockhashThreshold, list?.match], [0, 0, "fast"]);
      const { neural, neuralVector } = DEFAULT_MATCH_RULE;
      assert.deepEqual([list?.neuralThreshold, list?.neuralVectorThreshold], [neural, neuralVector]);
    });

    test("its images are known by the looks that they were stored with", async () => {
      const image = await findImageById(database, 1n);
      const expected = TRANSFORMS.map((transform) => ({
        transform,
        pdq,
        blockhash: transform === "identity" ? blockhash : null,
      }));
      assert.deepEqual([image?.pdq, image?.neural, image?.looks], [pdq, null, expected]);
    });

    test("a process of the version before, should one still run, writes rows of whole pictures", async () => {
      const { pool } = database;
      const again =
        "insert into image_pdq (image_id, bits) select image_id, bits from image_pdq on conflict do nothing";
      assert.equal((await pool.query(again)).rowCount, 0);
      await pool.query("update image_pdq set bits = ~bits where image_id = 1 and bits <> ~bits");
      const { rows } = await pool.query("select image_id, variant from image_pdq");
      assert.deepEqual(rows, [{ image_id: "1", variant: 0 }]);
      const changes = await pool.query(
        "select owner from fingerprint_change where source = 'image_pdq' order by seq desc limit 1",
      );
      assert.deepEqual(changes.rows, [{ owner: "1" }]);
    });

    test("a picture may have a second row of each kind, and a trimmed one is another row to those who follow", async () => {
      const { pool } = database;
      await pool.query("insert into image_pdq (image_id, bits, variant) select image_id, bits, 1 from image_pdq");
      await pool.query("delete from image_pdq where variant = 1");
      const { rows } = await pool.query(
        "select owner, bits is null as gone from fingerprint_change where source = 'image_pdq' order by seq desc limit 2",
      );
      const owner = "4503599627370497";
      assert.deepEqual(rows, [
        { owner, gone: true },
        { owner, gone: false },
      ]);
      await assert.rejects(pool.query("insert into image_pdq select * from image_pdq"), /duplicate key/);
    });
  });
}
