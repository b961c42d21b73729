import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { migrateDatabase } from "../../src/db/migrate.ts";
import { type CheckedImage, recordNewImage } from "../../src/db/record-check.ts";
import { toIndexBits } from "../../src/fingerprint/bit-order.ts";
import { checkedImage, freeCheck } from "../support/checked-image.ts";
import { createTestDatabase, quietLogger, type TestDatabase } from "../support/database.ts";
import { randomHash, seededRandom } from "../support/near-corpus.ts";

for (const partitions of [1, 3]) {
  describe(`bits of an image in ${partitions} partition(s)`, () => {
    const random = seededRandom(partitions);
    let fixture: TestDatabase;
    before(async () => {
      fixture = await createTestDatabase();
      await migrateDatabase(fixture.connection, { logger: quietLogger, fingerprintPartitions: partitions });
    });
    after(() => fixture.drop());

    const someHashes = () => ({ pdq: randomHash(random), blockhash: randomHash(random) });
    const record = (image: CheckedImage) => recordNewImage(fixture.database, image, null, freeCheck());

    /** Rows of both tables, whole and trimmed: table, variant and bits. */
    async function stored(id: bigint): Promise<string[]> {
      const { rows } = await fixture.database.pool.query<{ line: string }>(
        `select format('pdq %s %s', variant, bits) as line from image_pdq where image_id = $1
         union all select format('blockhash %s %s', variant, bits) from image_blockhash where image_id = $1 order by 1`,
        [id],
      );
      return rows.map(({ line }) => line);
    }

    function expected(image: CheckedImage): string[] {
      const lines = image.searchBits.flatMap(({ variant, ...bits }) =>
        (["pdq", "blockhash"] as const).map((kind) => `${kind} ${variant} ${binary(bits[kind])}`),
      );
      return lines.sort();
    }

    function binary(bits: string): string {
      return BigInt(`0${bits}`).toString(2).padStart(256, "0");
    }

    async function changes(id: bigint): Promise<number> {
      const { rows } = await fixture.database.pool.query<{ count: string }>(
        "select count(*) from fingerprint_change where owner % 4503599627370496 = $1",
        [id],
      );
      return Number(rows[0]?.count);
    }

    test("follow every record of it, and recording the same again changes nothing", async () => {
      const first = checkedImage(1, someHashes());
      const { id } = await record(first);
      assert.deepEqual(await stored(id), expected(first));
      const before = await changes(id);
      await record(first);
      assert.equal(await changes(id), before);
      for (const next of [
        checkedImage(1, someHashes()),
        checkedImage(1, null),
        checkedImage(1, someHashes(), someHashes()),
        checkedImage(1, someHashes(), someHashes()),
        checkedImage(1, null, someHashes()),
        checkedImage(1, someHashes()),
      ]) {
        await record(next);
        assert.deepEqual(await stored(id), expected(next));
        const written = await changes(id);
        await record(next);
        assert.equal(await changes(id), written);
      }
    });

    /** What two records make of each other: the later one starts while the earlier one is not committed. */
    async function overtake(earlier: CheckedImage, later: CheckedImage): Promise<bigint> {
      const { pool } = fixture.database;
      const client = await pool.connect();
      try {
        await client.query("begin");
        const alone = { ...fixture.database, pool: client } as unknown as TestDatabase["database"];
        await recordNewImage(alone, earlier, null, freeCheck());
        const recording = record(later);
        for (;;) {
          const { rowCount } = await pool.query(
            `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
          );
          if ((rowCount ?? 0) > 0) break;
        }
        await client.query("commit");
        const { id, timesSeen } = await recording;
        assert.ok(timesSeen >= 2);
        return id;
      } finally {
        client.release();
      }
    }

    test("are those of the record that came last, also where it began before the other one was there to see", async () => {
      const fresh = checkedImage(2, someHashes());
      let id = await overtake(checkedImage(2, someHashes()), fresh);
      assert.deepEqual(await stored(id), expected(fresh));
      const none = checkedImage(3, null);
      id = await overtake(checkedImage(3, someHashes()), none);
      assert.deepEqual(await stored(id), expected(none));
      const again = checkedImage(3, someHashes());
      id = await overtake(checkedImage(3, someHashes()), again);
      assert.deepEqual(await stored(id), expected(again));
      id = await overtake(checkedImage(3, someHashes()), again);
      assert.deepEqual(await stored(id), expected(again));
      for (const [earlier, later] of [
        [checkedImage(5, someHashes(), someHashes()), checkedImage(5, someHashes())],
        [checkedImage(5, someHashes()), checkedImage(5, null, someHashes())],
        [checkedImage(5, null), checkedImage(5, someHashes(), someHashes())],
      ] as const) {
        id = await overtake(earlier, later);
        assert.deepEqual(await stored(id), expected(later));
      }
    });

    test("are those of the image's row after many records at once", async () => {
      const images = Array.from({ length: 8 }, (_, i) =>
        checkedImage(4, someHashes(), i % 2 === 0 ? someHashes() : null),
      );
      const ids = await Promise.all(images.map(async (image) => (await record(image)).id));
      const id = ids[0] ?? 0n;
      const { rows } = await fixture.database.pool.query<{ blockhash: Buffer }>(
        "select blockhash from image where id = $1",
        [id],
      );
      const last = images.find((image) => image.blockhash === rows[0]?.blockhash.toString("hex"));
      assert.ok(last?.blockhash);
      assert.equal(last.searchBits[0]?.blockhash, toIndexBits("blockhash", last.blockhash));
      assert.deepEqual(await stored(id), expected(last));
    });
  });
}
