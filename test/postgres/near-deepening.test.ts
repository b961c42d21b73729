import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import fc from "fast-check";
import { searchImagesByOneHash } from "../../src/db/near-images.ts";
import { type NearDatabase, nearestEntry } from "../../src/db/near-search.ts";
import { createTestDatabase, type TestDatabase } from "../support/database.ts";
import { bruteMatches, bruteView } from "../support/near-brute.ts";
import {
  ANYTHING,
  bruteDistance,
  COMPARABLE_VERSIONS,
  type CorpusEntry,
  flipSome,
  insertBits,
  lookOf,
  randomHash,
  refill,
  rowsOf,
  seededRandom,
} from "../support/near-corpus.ts";

const random = seededRandom(51);
const hash = randomHash(random);
const both = [lookOf({ pdq: hash, blockhash: hash })];
const reachOf = (pdq: number, blockhash: number) => ({ pdq, blockhash, neural: -1 });

let fixture: TestDatabase;
before(async () => {
  fixture = await createTestDatabase();
});
after(() => fixture.drop());

/** The database, and the names of the searches that it is asked for. */
function watched(): { database: NearDatabase; sent: string[] } {
  const sent: string[] = [];
  const searchPool = new Proxy(fixture.database.searchPool, {
    get(pool, property) {
      if (property !== "query") return Reflect.get(pool, property, pool);
      return (statement: { name: string; text: string }) => {
        if (!statement.name.startsWith("near_table_")) sent.push(statement.name);
        return pool.query(statement);
      };
    },
  });
  return { database: { searchPool }, sent };
}

describe("the nearest entry", () => {
  const lists = [
    { id: 1n, name: "one", pdq: 31, blockhash: 10 },
    { id: 2n, name: "two", pdq: 12, blockhash: 31 },
  ];
  const pdqAt = (...distances: readonly number[]): CorpusEntry[] =>
    distances.map((bits, i) => ({ id: BigInt(i + 1), listId: 1n, pdq: flipSome(hash, bits, random) }));
  const search = { ...ANYTHING, looks: [lookOf({ pdq: hash })], strategy: "probe" } as const;

  test("one that is very near takes a single step, one at the threshold all of them", async () => {
    const steps = [];
    for (const distance of [10, 11, 21, 22, 31, 32]) {
      await refill(fixture.database, lists, pdqAt(distance));
      const { database, sent } = watched();
      const found = await nearestEntry(database, { ...search, expectedReach: reachOf(31, 31) });
      steps.push([found?.distance ?? null, sent.length]);
    }
    assert.deepEqual(steps, [
      [10, 1],
      [11, 2],
      [21, 2],
      [22, 3],
      [31, 3],
      [null, 3],
    ]);
  });

  test("no thresholds expected, or too small ones: the nearest of both kinds all the same", async () => {
    const entries = [
      { id: 1n, listId: 2n, blockhash: flipSome(hash, 9, random) },
      { id: 2n, listId: 1n, pdq: flipSome(hash, 3, random) },
    ];
    await refill(fixture.database, lists, entries);
    for (const pdq of [0, 2, 31]) {
      const found = await nearestEntry(fixture.database, { ...search, looks: both, expectedReach: reachOf(pdq, 31) });
      assert.deepEqual([found?.entryId, found?.hash, found?.distance], [2n, "pdq", 3]);
    }
  });

  test("any small database: the first match of all, with a memory and without", async () => {
    const agreeing = lists.map((list) => ({ ...list, agreement: { pdq: 36, blockhash: 25 } }));
    const arbitrary = fc.record({
      rows: fc.array(fc.record({ list: fc.integer({ min: 1, max: 2 }), pdq: fc.nat(40), blockhash: fc.nat(40) }), {
        maxLength: 12,
      }),
      expected: fc.nat(31),
    });
    await fc.assert(
      fc.asyncProperty(arbitrary, async ({ rows, expected }) => {
        const entries = rows.map(({ list, pdq, blockhash }, i) => ({
          id: BigInt(i + 1),
          listId: BigInt(list),
          pdq: flipSome(hash, pdq, random),
          blockhash: flipSome(hash, blockhash, random),
        }));
        await refill(fixture.database, agreeing, entries);
        const [nearest = null] = bruteMatches(agreeing, entries, both, null);
        const held = { entry_pdq: rowsOf(entries, "pdq"), entry_blockhash: rowsOf(entries, "blockhash") };
        const view = bruteView(held, { pdq: 31, blockhash: 31 }, random);
        const expectedReach = reachOf(expected, 31 - expected);
        for (const options of [{ expectedReach }, { strategy: "probe" as const }, { view }]) {
          assert.deepEqual(await nearestEntry(fixture.database, { ...ANYTHING, looks: both, ...options }), nearest);
        }
      }),
      { numRuns: 60, seed: 12 },
    );
  });
});

describe("seen images by one hash, nearest first", () => {
  const images = Array.from({ length: 300 }, (_, i) => ({
    id: BigInt(i + 1),
    hash: i < 60 ? flipSome(hash, Math.floor(i / 2) + 3, random) : randomHash(random),
  }));
  const near = images
    .map(({ id, hash: stored }) => ({
      imageId: id,
      distance: bruteDistance(stored, hash),
      transform: "identity" as const,
    }))
    .sort((a, b) => a.distance - b.distance || Number(a.imageId - b.imageId));

  before(async () => {
    await fixture.database.pool.query(
      `insert into image (id, sha256, sha1, md5, byte_length, format, width, height, frames, pdq_quality, detail,
         fingerprint_version) overriding system value
       select id, int8send(id), '', '', 1, 'png', 1, 1, 1, 100, 'sufficient', 1 from generate_series(1, 300::int8) as id`,
    );
    await insertBits(fixture.database, "image_pdq", "pdq", images);
  });

  const search = {
    kind: "pdq",
    hash,
    threshold: 31,
    comparableVersions: COMPARABLE_VERSIONS,
    strategy: "probe",
  } as const;

  test("as many as wanted are the nearest of all, whatever the step that finds them", async () => {
    const within = near.filter(({ distance }) => distance <= 31);
    for (const limit of [1, 2, 16, 17, 38, 39, 58, 100]) {
      assert.deepEqual(await searchImagesByOneHash(fixture.database, { ...search, limit }), within.slice(0, limit));
    }
  });

  test("a step that finds enough is the last", async () => {
    const counts = [];
    for (const wanted of [
      { limit: 1 },
      { limit: 20 },
      { limit: 100 },
      { limit: 100, enough: 1 },
      { limit: 100, enough: 30 },
    ]) {
      const { database, sent } = watched();
      const found = await searchImagesByOneHash(database, { ...search, ...wanted });
      counts.push([found.length, sent.length]);
    }
    assert.deepEqual(counts, [
      [1, 1],
      [20, 2],
      [58, 3],
      [16, 1],
      [38, 2],
    ]);
  });

  test("where a step costs nearly as much as the whole, there is none", async () => {
    for (const options of [{ strategy: "scan" as const }, { threshold: 11 }]) {
      const { database, sent } = watched();
      await searchImagesByOneHash(database, { ...search, limit: 1, ...options });
      assert.equal(sent.length, 1);
    }
  });
});
