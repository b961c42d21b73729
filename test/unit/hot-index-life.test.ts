import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { HotProgress } from "../../src/hot-index/hot-index.ts";
import { bruteForce, cornerRows, makeRows, neighbours, startHotIndex, TABLE, tableOf } from "../support/hot-index.ts";
import { seededRandom } from "../support/near-corpus.ts";

const make = makeRows(seededRandom(12));
const rows = cornerRows("clusters", 400, make);
const OTHER = "image_pdq";

function failureOf(data: Parameters<typeof startHotIndex>[0]): {
  failed: Promise<Error>;
  started: ReturnType<typeof startHotIndex>;
} {
  let tell = (_: Error) => {};
  const failed = new Promise<Error>((resolve) => {
    tell = resolve;
  });
  return { failed, started: startHotIndex(data, { onFailed: tell }) };
}

describe("life of the hot index", () => {
  test("nothing is held until it is loaded, then everything is", async () => {
    const { index, nextReady } = startHotIndex({ tables: { [TABLE]: tableOf(rows) } });
    try {
      assert.equal(index.holds(TABLE), false);
      assert.equal(await index.search(TABLE, [make.row()], 31, 10), null);
      assert.equal(await nextReady(), 0);
      assert.equal(index.holds(TABLE), true);
      assert.equal(index.holds("no such table"), false);
      const { tables, bytes } = index.stats();
      assert.equal(tables[TABLE]?.rows, 400);
      assert.equal(tables[TABLE]?.bytes, bytes);
    } finally {
      await index.close();
    }
    assert.equal(index.holds(TABLE), false);
    assert.equal(await index.search(TABLE, [make.row()], 31, 10), null);
  });

  test("rows in any order, with owners that repeat, and estimates far off: the last row of an owner counts", async () => {
    const many = cornerRows("uniform", 70_000, make);
    const { owners, bits } = tableOf(many);
    owners.reverse();
    const reversed = new Map(
      [...many.keys()].reverse().map((owner, row) => [owner, bits.slice(row * 32, row * 32 + 32)]),
    );
    const changed = make.row();
    const twice = {
      owners: Float64Array.of(...owners.subarray(0, 5), ...owners),
      bits: Buffer.concat([Buffer.alloc(5 * 32, changed), bits]),
      expectedRows: 10,
    };
    const { index, nextReady } = startHotIndex({ tables: { [TABLE]: twice } });
    try {
      await nextReady();
      assert.equal(index.stats().tables[TABLE]?.rows, 70_000);
      for (const [owner, row] of [...reversed].slice(0, 8)) {
        const hashes = [make.flip(row, 12), changed];
        const found = neighbours(await index.search(TABLE, hashes, 31, 10));
        assert.deepEqual(found, bruteForce(reversed, hashes, 31));
        assert.ok(found?.some((neighbour) => neighbour.owner === owner));
      }
    } finally {
      await index.close();
    }
  });

  test("catching up applies the loader's changes in their order, and reloading starts from scratch", async () => {
    const owner = [...rows.keys()][3] ?? 0;
    const first = make.row();
    const last = make.row();
    const log = [
      { table: TABLE, owner: 9001, bits: first },
      { table: TABLE, owner, bits: null },
      { table: OTHER, owner: 7, bits: first },
      { table: TABLE, owner: 9001, bits: last },
    ];
    const tables = { [TABLE]: tableOf(rows), [OTHER]: tableOf(new Map()) };
    const { index, nextReady, ready } = startHotIndex({ tables, log }, { tables: [TABLE, OTHER] });
    const expected = new Map(rows).set(9001, last);
    expected.delete(owner);
    const searchAll = async () => neighbours(await index.search(TABLE, [last, first], 256, 1000));
    try {
      await nextReady();
      const reached = nextReady();
      index.catchUp(0);
      assert.equal(index.holds(TABLE), true);
      assert.equal(await reached, 4);
      assert.deepEqual(await searchAll(), bruteForce(expected, [last, first], 256));
      assert.deepEqual(neighbours(await index.search(OTHER, [first], 0, 9)), [{ owner: 7, distance: 0, place: 0 }]);

      index.apply(TABLE, [{ owner: 123_456, bits: first }]);
      const reloaded = nextReady();
      index.catchUp(4, [TABLE]);
      assert.equal(index.holds(TABLE), false);
      assert.equal(index.holds(OTHER), true);
      assert.equal(await reloaded, 4);
      assert.deepEqual(await searchAll(), bruteForce(rows, [last, first], 256));
      assert.deepEqual(neighbours(await index.search(OTHER, [first], 0, 9)), [{ owner: 7, distance: 0, place: 0 }]);

      const anew = nextReady();
      index.catchUp(4, [TABLE, OTHER]);
      assert.equal(await anew, 0);
      assert.deepEqual(neighbours(await index.search(OTHER, [first], 0, 9)), []);
      assert.deepEqual(ready, [0, 4, 4, 0]);
    } finally {
      await index.close();
    }
  });

  test("a table that doesn't fit into the budget isn't held, the next one may be", async () => {
    const told: HotProgress[] = [];
    const tables = { [TABLE]: { ...tableOf(rows), expectedRows: 1e7 }, [OTHER]: tableOf(rows) };
    const { index, nextReady } = startHotIndex(
      { tables },
      { tables: [TABLE, OTHER], budgetBytes: 50e6, onProgress: (progress) => told.push(progress) },
    );
    try {
      await nextReady();
      assert.equal(index.holds(TABLE), false);
      assert.equal(await index.search(TABLE, [make.row()], 31, 10), null);
      assert.equal(index.holds(OTHER), true);
      assert.deepEqual(
        told.filter(({ phase }) => phase === "over-budget").map(({ table }) => table),
        [TABLE],
      );
    } finally {
      await index.close();
    }
  });

  test("a table that outgrows the budget while it is loaded, or later, is held no more", async () => {
    const many = tableOf(cornerRows("uniform", 40_000, make));
    const budget = { budgetBytes: 1_500_000, tuning: { foldAt: 500 }, tables: [TABLE, OTHER] };
    const loaded = startHotIndex({ tables: { [TABLE]: { ...many, expectedRows: 5 }, [OTHER]: tableOf(rows) } }, budget);
    try {
      await loaded.nextReady();
      assert.equal(loaded.index.holds(TABLE), false);
      assert.equal(loaded.index.holds(OTHER), true);
      let owner = 1e6;
      while (loaded.index.holds(OTHER)) {
        const changes = Array.from({ length: 100 }, () => ({ owner: owner++, bits: make.row() }));
        loaded.index.apply(OTHER, changes);
        await loaded.index.search(OTHER, [make.row()], 31, 10);
      }
      assert.equal(await loaded.index.search(OTHER, [make.row()], 31, 10), null);
      assert.ok(owner > 1e6 + 500);
    } finally {
      await loaded.index.close();
    }
  });

  for (const fail of ["open", "load"] as const) {
    test(`a loader that fails to ${fail} is told, and nothing is held`, async () => {
      const { failed, started } = failureOf({ tables: { [TABLE]: tableOf(rows) }, fail });
      assert.match((await failed).message, /The fake loader does not/);
      assert.equal(started.index.holds(TABLE), false);
      assert.equal(await started.index.search(TABLE, [make.row()], 31, 10), null);
      await started.index.close();
    });
  }

  test("a loader that fails to catch up ends what was held", async () => {
    const { failed, started } = failureOf({ tables: { [TABLE]: tableOf(rows) }, fail: "catchUp" });
    await started.nextReady();
    started.index.catchUp(0);
    assert.match((await failed).message, /The fake loader does not catch up/);
    assert.equal(started.index.holds(TABLE), false);
    assert.equal(await started.index.search(TABLE, [make.row()], 31, 10), null);
    await started.index.close();
  });

  test("closing ends a load that is under way, and answers open searches", async () => {
    const loading = startHotIndex({ tables: { [TABLE]: tableOf(rows) }, hang: true });
    await loading.index.close();
    assert.deepEqual(loading.ready, []);

    const { index, nextReady } = startHotIndex({ tables: { [TABLE]: tableOf(rows) } });
    await nextReady();
    const open = index.search(TABLE, [make.row()], 31, 10);
    await index.close();
    await index.close();
    assert.equal(await open, null);
  });

  test("searches with hashes, thresholds or limits out of range are refused", async () => {
    const { index } = startHotIndex({ tables: {} });
    const hash = make.row();
    try {
      await assert.rejects(index.search(TABLE, [], 31, 10), RangeError);
      await assert.rejects(index.search(TABLE, Array(17).fill(hash), 31, 10), RangeError);
      await assert.rejects(index.search(TABLE, [hash.subarray(1)], 31, 10), RangeError);
      await assert.rejects(index.search(TABLE, [hash], 257, 10), RangeError);
      await assert.rejects(index.search(TABLE, [hash], 31, -1), RangeError);
    } finally {
      await index.close();
    }
  });
});
