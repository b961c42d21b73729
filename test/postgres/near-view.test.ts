import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import fc from "fast-check";
import { searchImages, searchImagesByOneHash } from "../../src/db/near-images.ts";
import { searchEntries } from "../../src/db/near-search.ts";
import type { NearDatabase } from "../../src/db/near-source.ts";
import type { NearTable } from "../../src/db/near-strategy.ts";
import type { HotView } from "../../src/db/near-view.ts";
import { createTestDatabase, type TestDatabase } from "../support/database.ts";
import { smallSearch } from "../support/near-arbitrary.ts";
import { bruteMatches, bruteView } from "../support/near-brute.ts";
import {
  ANYTHING,
  COMPARABLE_VERSIONS,
  flip,
  insertBits,
  lookOf,
  neuralOf,
  randomHash,
  refill,
  rowsOf,
  searchAll,
  seededRandom,
} from "../support/near-corpus.ts";

let fixture: TestDatabase;
before(async () => {
  fixture = await createTestDatabase();
});
after(() => fixture.drop());

const random = seededRandom(31);
const hash = randomHash(random);
const byPdq = [lookOf({ pdq: hash })];
const lists = [
  { id: 1n, name: "one", pdq: 31, blockhash: 10 },
  { id: 2n, name: "two", pdq: 12, blockhash: 31 },
];
const widest = { pdq: 31, blockhash: 31, neural: -1, neuralAny: 60 };

/** A view that answers the same for every search, and what it was asked. */
function fixedView(answers: Partial<Record<NearTable, readonly number[]>>): { view: HotView; asked: string[] } {
  const asked: string[] = [];
  const view: HotView = {
    widest,
    async near(table, hashes, threshold) {
      asked.push(`${table} ${hashes.length} ${threshold}`);
      return answers[table] ?? null;
    },
  };
  return { view, asked };
}

/** A database that can't be asked for anything. */
function silentDatabase(): NearDatabase {
  const searchPool = new Proxy(fixture.database.searchPool, {
    get() {
      throw new Error("Expected no statement");
    },
  });
  return { searchPool };
}

describe("search with candidates from memory", () => {
  test("any small database: what comparing everything finds, whichever tables are held", async () => {
    const held = fc.subarray(["pdq", "blockhash", "neural"] as const);
    await fc.assert(
      fc.asyncProperty(smallSearch(40), held, async ({ lists, entries, looks, terms, widest }, kinds) => {
        await refill(fixture.database, lists, entries);
        const rows = Object.fromEntries(kinds.map((kind) => [`entry_${kind}`, rowsOf(entries, kind)]));
        const view = bruteView(rows, { pdq: widest, blockhash: widest, neural: widest }, random);
        const found = await searchAll(fixture.database, looks, 0, undefined, { ...terms, view });
        assert.deepEqual(found, bruteMatches(lists, entries, looks, terms.listIds, terms));
      }),
      { numRuns: 80, seed: 8 },
    );
  });

  test("agreement needs candidates by blockhash alone: PDQ is read where memory names none", async () => {
    const wide = { id: 1n, name: "one", pdq: 31, blockhash: 10, agreement: { pdq: 70, blockhash: 20 } };
    const far = (bits: number) =>
      flip(
        hash,
        Array.from({ length: bits }, (_, bit) => bit),
      );
    await refill(fixture.database, [wide], [{ id: 1n, listId: 1n, pdq: far(70), blockhash: far(20) }]);
    const { view, asked } = fixedView({ entry_pdq: [], entry_blockhash: [1] });
    const looks = [lookOf({ pdq: hash, blockhash: hash })];
    const [match] = await searchAll(fixture.database, looks, 0, undefined, { view });
    assert.deepEqual(asked, ["entry_pdq 1 31", "entry_blockhash 1 31"]);
    assert.deepEqual(
      [match?.hash, match?.distance, match?.threshold, match?.confirmedBy],
      ["pdq", 70, 70, { hash: "blockhash", distance: 20, threshold: 20 }],
    );
  });

  test("memory is asked within the widest threshold of each kind, with all hashes at once", async () => {
    await refill(fixture.database, lists, []);
    const { view, asked } = fixedView({ entry_pdq: [], entry_blockhash: [], entry_neural: [] });
    const looks = [lookOf({ pdq: hash, blockhash: hash }), lookOf({ pdq: randomHash(random) })];
    const neural = neuralOf("a", hash);
    for (const match of [null, "fast", "robust"] as const) {
      await searchAll(fixture.database, looks, 0, undefined, { neural, match, view });
    }
    const byLooks = ["entry_pdq 2 31", "entry_blockhash 1 31"];
    assert.deepEqual(asked, [...byLooks, ...byLooks, ...byLooks, "entry_neural 1 60"]);
  });

  test("where memory knows of nothing near, no statement is sent", async () => {
    const { view } = fixedView({ entry_pdq: [], entry_blockhash: [], image_pdq: [], image_blockhash: [] });
    const database = silentDatabase();
    const looks = [lookOf({ pdq: hash, blockhash: hash })];
    assert.deepEqual(await searchEntries(database, { ...ANYTHING, looks, view }), []);
    // The lists say `fast`, so the neural hash counts nowhere.
    assert.deepEqual(await searchEntries(database, { ...ANYTHING, looks, neural: neuralOf("a", hash), view }), []);
    const comparableVersions = COMPARABLE_VERSIONS;
    assert.equal(await searchImages(database, { looks, thresholds: widest, comparableVersions, view }), null);
    const one = { kind: "blockhash", hash, threshold: 31, comparableVersions, limit: 10, view } as const;
    assert.deepEqual(await searchImagesByOneHash(database, one), []);
  });

  test("a row that is gone, lifted, or of a disabled or stricter list since the view was taken is no match", async () => {
    const entries = [1n, 2n, 3n, 4n].map((id) => ({
      id,
      listId: id % 2n === 0n ? 2n : 1n,
      pdq: flip(hash, [1, 2, 3]),
    }));
    await refill(fixture.database, lists, entries);
    const { view } = fixedView({ entry_pdq: [1, 2, 3, 4] });
    const found = async () => {
      const matches = await searchAll(fixture.database, byPdq, 0, undefined, { view });
      return matches.map(({ entryId }) => Number(entryId));
    };
    const answers = [await found()];
    for (const change of [
      "delete from entry_pdq where entry_id = 1",
      "update entry set enabled = false where id = 2",
      "update list set pdq_threshold = 2 where id = 1",
      "update list set enabled = false where id = 2",
    ]) {
      await fixture.database.pool.query(change);
      answers.push(await found());
    }
    assert.deepEqual(answers, [[1, 2, 3, 4], [2, 3, 4], [3, 4], [4], []]);
  });

  test("a threshold widened since the view was taken holds: memory is asked again", async () => {
    await refill(fixture.database, lists, [
      { id: 1n, listId: 1n, pdq: flip(hash, [1]) },
      {
        id: 2n,
        listId: 1n,
        pdq: flip(
          hash,
          Array.from({ length: 40 }, (_, bit) => bit),
        ),
      },
    ]);
    await fixture.database.pool.query("update list set pdq_threshold = 40 where id = 1");
    const asked: number[] = [];
    const view: HotView = {
      widest,
      async near(_table, _hashes, threshold) {
        asked.push(threshold);
        return threshold < 40 ? [1] : [1, 2];
      },
    };
    const found = await searchAll(fixture.database, byPdq, 0, undefined, { view });
    assert.deepEqual(
      [asked, found.map(({ entryId }) => entryId)],
      [
        [31, 40],
        [1n, 2n],
      ],
    );
  });

  test("seen images: PDQ from memory, the blockhash compared by the statement", async () => {
    await fixture.database.pool.query(
      `insert into image (id, sha256, sha1, md5, byte_length, format, width, height, frames, pdq_quality, detail,
         fingerprint_version) overriding system value
       select id, int8send(id), '', '', 1, 'png', 1, 1, 1, 100, 'sufficient', 1 from generate_series(1, 4::int8) as id;
       delete from image_pdq; delete from image_blockhash`,
    );
    const pdq = [1, 2, 3, 4].map((id) => ({
      id: BigInt(id),
      hash: flip(hash, [id, 100 + id].slice(id === 3 ? 0 : 1)),
    }));
    const blockhash = [1, 2, 3].map((id) => ({ id: BigInt(id), hash: id === 1 ? randomHash(random) : hash }));
    await insertBits(fixture.database, "image_pdq", "pdq", pdq);
    await insertBits(fixture.database, "image_blockhash", "blockhash", blockhash);
    const view = bruteView({ image_pdq: pdq }, widest, random);
    const looks = [lookOf({ pdq: hash, blockhash: hash })];
    const comparableVersions = COMPARABLE_VERSIONS;
    const both = { looks, thresholds: { pdq: 26, blockhash: 10 }, comparableVersions };
    const nearest = { imageId: 2n, pdqDistance: 1, blockhashDistance: 0, transform: "identity" };
    const expected = { nearest, scored: null };
    assert.deepEqual(await searchImages(fixture.database, { ...both, view }), expected);
    assert.deepEqual(await searchImages(fixture.database, both), expected);
    for (const kind of ["pdq", "blockhash"] as const) {
      const one = { kind, hash, threshold: 26, limit: 10, comparableVersions };
      const found = await searchImagesByOneHash(fixture.database, { ...one, view });
      assert.ok(found.length > 1);
      assert.deepEqual(found, await searchImagesByOneHash(fixture.database, one));
    }
  });
});
