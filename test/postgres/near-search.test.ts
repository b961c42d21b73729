import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { EntryMatch } from "../../src/db/near-search.ts";
import type { NearStrategy } from "../../src/db/near-strategy.ts";
import { fromIndexBits } from "../../src/fingerprint/bit-order.ts";
import { createTestDatabase, type TestDatabase } from "../support/database.ts";
import {
  flip,
  flipSome,
  lookOf,
  neuralOf,
  randomHash,
  refill,
  searchAll,
  seededRandom,
} from "../support/near-corpus.ts";

const STRATEGIES: readonly NearStrategy[] = ["scan", "probe"];

let fixture: TestDatabase;
before(async () => {
  fixture = await createTestDatabase();
});
after(() => fixture.drop());

for (const strategy of STRATEGIES) {
  describe(`search of entries by ${strategy}`, () => {
    const hash = randomHash(seededRandom(5));
    const lists = [{ id: 1n, name: "one", pdq: 31, blockhash: 10 }];
    const asked = [lookOf({ pdq: hash, blockhash: hash })];
    const ids = (matches: readonly EntryMatch[]) => matches.map(({ entryId, hash }) => `${entryId} ${hash}`);

    test("an empty table has no match", async () => {
      await refill(fixture.database, lists, []);
      assert.deepEqual(await searchAll(fixture.database, asked, 31, strategy), []);
    });

    test("the only row is found", async () => {
      await refill(fixture.database, lists, [{ id: 1n, listId: 1n, pdq: flip(hash, [3]), blockhash: hash }]);
      assert.deepEqual(ids(await searchAll(fixture.database, asked, 31, strategy)), ["1 blockhash", "1 pdq"]);
    });

    test("both of two rows are found", async () => {
      await refill(fixture.database, lists, [
        { id: 1n, listId: 1n, pdq: flip(hash, [3]) },
        { id: 2n, listId: 1n, pdq: hash },
      ]);
      assert.deepEqual(ids(await searchAll(fixture.database, asked, 31, strategy)), ["2 pdq", "1 pdq"]);
    });

    test("equal hashes are all found, first entered first", async () => {
      const entries = Array.from({ length: 500 }, (_, i) => ({ id: BigInt(500 - i), listId: 1n, pdq: hash }));
      await refill(fixture.database, lists, entries);
      const expected = Array.from({ length: 500 }, (_, i) => `${i + 1} pdq`);
      assert.deepEqual(ids(await searchAll(fixture.database, asked, 31, strategy)), expected);
    });

    test("hashes whose chunks are all equal are found", async () => {
      const pdq = fromIndexBits("pdq", `x${"0".repeat(64)}`);
      await refill(
        fixture.database,
        lists,
        Array.from({ length: 40 }, (_, i) => ({ id: BigInt(i + 1), listId: 1n, pdq: flip(pdq, [i]) })),
      );
      assert.equal((await searchAll(fixture.database, [lookOf({ pdq })], 31, strategy)).length, 40);
    });

    test("of equally near looks the first is named", async () => {
      await refill(fixture.database, lists, [{ id: 1n, listId: 1n, pdq: hash }]);
      const near = { ...lookOf({ pdq: flip(hash, [7]) }), transform: "rotate180" } as const;
      const equallyNear = { ...lookOf({ pdq: flip(hash, [200]) }), transform: "mirror" } as const;
      const further = lookOf({ pdq: flip(hash, [1, 2]) });
      const named = [];
      for (const looks of [
        [near, equallyNear, further],
        [further, equallyNear, near],
      ]) {
        const [match] = await searchAll(fixture.database, looks, 31, strategy);
        named.push([match?.transform, match?.distance]);
      }
      assert.deepEqual(named, [
        ["rotate180", 1],
        ["mirror", 1],
      ]);
    });

    test("a lifted, an expired and a not yet expired entry: only the last is found, until it expires", async () => {
      await refill(fixture.database, lists, [
        { id: 1n, listId: 1n, pdq: hash, enabled: false },
        { id: 2n, listId: 1n, pdq: hash, expiresInSeconds: -1 },
        { id: 3n, listId: 1n, pdq: hash, expiresInSeconds: 3600 },
      ]);
      assert.deepEqual(ids(await searchAll(fixture.database, asked, 31, strategy)), ["3 pdq"]);
      await fixture.database.pool.query("update entry set expires_at = now() where id = 3");
      assert.deepEqual(await searchAll(fixture.database, asked, 31, strategy), []);
    });

    test("lists that are disabled, deleted or not asked for have no match", async () => {
      const several = [
        { id: 1n, name: "on", pdq: 31, blockhash: 10 },
        { id: 2n, name: "off", pdq: 31, blockhash: 10, enabled: false },
        { id: 3n, name: "on", pdq: 31, blockhash: 10, deleted: true },
        { id: 4n, name: "other", pdq: 31, blockhash: 10 },
      ];
      await refill(
        fixture.database,
        several,
        several.map(({ id }) => ({ id, listId: id, pdq: hash })),
      );
      assert.deepEqual(ids(await searchAll(fixture.database, asked, 31, strategy)), ["1 pdq", "4 pdq"]);
      assert.deepEqual(ids(await searchAll(fixture.database, asked, 31, strategy, { listIds: [1n, 2n, 3n] })), [
        "1 pdq",
      ]);
      assert.deepEqual(await searchAll(fixture.database, asked, 31, strategy, { listIds: [2n, 3n, 99n] }), []);
      assert.deepEqual(await searchAll(fixture.database, asked, 31, strategy, { listIds: [] }), []);
    });

    test("a threshold that is larger than expected holds all the same", async () => {
      await refill(fixture.database, lists, [
        {
          id: 1n,
          listId: 1n,
          pdq: flipSome(hash, 31, seededRandom(2)),
          blockhash: flip(hash, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]),
        },
      ]);
      assert.deepEqual(ids(await searchAll(fixture.database, asked, 0, strategy)), ["1 blockhash", "1 pdq"]);
    });

    test("a threshold changed by another session holds in the next search", async () => {
      await refill(fixture.database, lists, [{ id: 1n, listId: 1n, pdq: flip(hash, [1, 2, 3]) }]);
      const matches = [];
      for (const threshold of [2, 3]) {
        await fixture.database.pool.query("update list set pdq_threshold = $1", [threshold]);
        matches.push((await searchAll(fixture.database, asked, 31, strategy)).length);
      }
      assert.deepEqual(matches, [0, 1]);
    });

    test("the limit keeps the nearest matches, and the nearest of every list", async () => {
      const two = [...lists, { id: 2n, name: "two", pdq: 31, blockhash: 10 }];
      const entries = Array.from({ length: 20 }, (_, i) => ({
        id: BigInt(i + 1),
        listId: i < 17 ? 1n : 2n,
        pdq: flipSome(hash, i, seededRandom(i)),
      }));
      await refill(fixture.database, two, entries);
      assert.deepEqual(ids(await searchAll(fixture.database, asked, 31, strategy, { limit: 3 })), [
        "1 pdq",
        "2 pdq",
        "3 pdq",
        "18 pdq",
      ]);
    });
  });
}

test("no looks, no search; too many are refused, and so is what is no hash", async () => {
  assert.deepEqual(await searchAll(fixture.database, [], 31), []);
  const looks = Array.from({ length: 17 }, () => lookOf({ pdq: "0".repeat(64) }));
  await assert.rejects(searchAll(fixture.database, looks, 31), RangeError);
  await assert.rejects(searchAll(fixture.database, [lookOf({ blockhash: "00" })], 31), RangeError);
  const neural = { ...neuralOf("a", "0".repeat(64)), hash: "'; drop table entry" };
  await assert.rejects(searchAll(fixture.database, [], 31, undefined, { neural }), RangeError);
});

test("both kinds are searched at the threshold of their own kind", async () => {
  const hash = randomHash(seededRandom(9));
  const entries = [{ id: 1n, listId: 1n, pdq: flip(hash, [1, 2]), blockhash: flip(hash, [1, 2]) }];
  const asked = [lookOf({ pdq: hash, blockhash: hash })];
  const found = [];
  for (const [pdq, blockhash] of [
    [2, 1],
    [1, 2],
    [2, 2],
  ] as const) {
    await refill(fixture.database, [{ id: 1n, name: "one", pdq, blockhash }], entries);
    found.push((await searchAll(fixture.database, asked, 2)).map((match) => `${match.hash} ${match.threshold}`));
  }
  assert.deepEqual(found, [["pdq 2"], ["blockhash 2"], ["pdq 2", "blockhash 2"]]);
});

test("a neural vector that points nowhere matches nothing, and fails no search", async () => {
  const hash = "f".repeat(64);
  const list = { id: 1n, name: "one", pdq: 0, blockhash: 0, neural: 80, match: "robust" } as const;
  await refill(fixture.database, [list], [{ id: 1n, listId: 1n, neural: hash, neuralVersion: "a" }]);
  const nowhere = { ...neuralOf("a", hash), vector: "80".repeat(256) };
  assert.equal((await searchAll(fixture.database, [], 80, "scan", { neural: neuralOf("a", hash) })).length, 1);
  assert.deepEqual(await searchAll(fixture.database, [], 80, "scan", { neural: nowhere }), []);
});
