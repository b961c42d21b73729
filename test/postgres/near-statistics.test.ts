import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { searchImages, searchImagesByOneHash } from "../../src/db/near-images.ts";
import { planTable } from "../../src/db/near-source.ts";
import { toIndexBits } from "../../src/fingerprint/bit-order.ts";
import { radiiFor } from "../../src/fingerprint/chunks.ts";
import { createTestDatabase, type TestDatabase } from "../support/database.ts";
import {
  bruteDistance,
  COMPARABLE_VERSIONS,
  flipSome,
  insertBits,
  lookOf,
  randomHash,
  seededRandom,
} from "../support/near-corpus.ts";

const ROWS = 12_000;
const random = seededRandom(41);
const centres = [randomHash(random), randomHash(random), "0".repeat(64)];
const rows = Array.from({ length: ROWS }, (_, i) => {
  const centre = centres[i % 5];
  return { id: BigInt(i + 1), hash: centre === undefined ? randomHash(random) : flipSome(centre, i % 34, random, 160) };
});

let fixture: TestDatabase;
before(async () => {
  fixture = await createTestDatabase();
  const { pool } = fixture.database;
  // Only the test decides of which table there are statistics.
  await pool.query("alter table image_pdq set (autovacuum_enabled = off)");
  await pool.query(
    `insert into image (id, sha256, sha1, md5, byte_length, format, width, height, frames, pdq_quality, detail,
       fingerprint_version) overriding system value
     select id, int8send(id), '', '', 1, 'png', 1, 1, 1, 100, 'sufficient', 1 from generate_series(1, $1::int8) as id`,
    [ROWS],
  );
  await insertBits(fixture.database, "image_blockhash", "blockhash", rows);
  await insertBits(fixture.database, "image_pdq", "pdq", rows);
  await pool.query("analyze image_blockhash");
});
after(() => fixture.drop());

const query = (hash: string, threshold: number) => ({
  table: "image_blockhash" as const,
  hashes: [toIndexBits("blockhash", hash)],
  threshold,
});

describe("search by the statistics of the table", () => {
  test("chunks with common values are probed less widely, those of a table without statistics all alike", async () => {
    const { source } = await planTable(fixture.database, query(centres[0] ?? "", 20), "probe");
    assert.notDeepEqual(source.radii?.[0], radiiFor(20));
    const pdq = { ...query(centres[0] ?? "", 20), table: "image_pdq" as const };
    assert.equal((await planTable(fixture.database, pdq, "probe")).source.radii, undefined);
  });

  test("dense clusters: every row that comparing everything finds, at every threshold", async () => {
    let found = 0;
    for (const threshold of [0, 5, 10, 21, 31, 40, 64]) {
      for (const hash of [...centres, flipSome(centres[1] ?? "", 9, random), randomHash(random)]) {
        const expected = rows
          .map((row) => ({ imageId: row.id, distance: bruteDistance(row.hash, hash), transform: "identity" }))
          .filter(({ distance }) => distance <= threshold)
          .sort((a, b) => a.distance - b.distance || Number(a.imageId - b.imageId));
        const search = {
          kind: "blockhash",
          hash,
          threshold,
          limit: 100_000,
          comparableVersions: COMPARABLE_VERSIONS,
        } as const;
        assert.deepEqual(await searchImagesByOneHash(fixture.database, search), expected);
        const probed =
          threshold > 40 ? expected : await searchImagesByOneHash(fixture.database, { ...search, strategy: "probe" });
        assert.deepEqual(probed, expected);
        found += expected.length;
      }
    }
    assert.ok(found > 10_000);
  });

  test("where blockhashes crowd, the images are found by PDQ", async () => {
    const sent: string[] = [];
    const searchPool = new Proxy(fixture.database.searchPool, {
      get(pool, property) {
        if (property !== "query") return Reflect.get(pool, property, pool);
        return (statement: { name: string; text: string }) => {
          sent.push(statement.name);
          return pool.query(statement);
        };
      },
    });
    const thresholds = { pdq: 21, blockhash: 10 };
    for (const hash of [centres[2] ?? "", randomHash(random)]) {
      const looks = [lookOf({ pdq: hash, blockhash: hash })];
      const search = { looks, thresholds, comparableVersions: COMPARABLE_VERSIONS, strategy: "probe" } as const;
      await searchImages({ searchPool }, search);
    }
    const searches = sent.filter((name) => name.startsWith("near_both"));
    assert.deepEqual(searches, ["near_both_image_pdq_probe_1_0", "near_both_image_blockhash_probe_1_0"]);
  });
});
