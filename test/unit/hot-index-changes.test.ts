import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { HotChange, HotTuning } from "../../src/hot-index/hot-index.ts";
import {
  bruteForce,
  cornerRows,
  makeRows,
  neighbours,
  type RowMaker,
  type RowModel,
  startHotIndex,
  TABLE,
  tableOf,
} from "../support/hot-index.ts";
import { seededRandom } from "../support/near-corpus.ts";

/** So small that every few changes are folded and merged. */
const TINY: HotTuning = { foldAt: 40, tierFactor: 2, chunkedFrom: 30, splitFrom: 3 };
const STEPS = 1500;

function randomChanges(rows: RowModel, nextOwner: () => number, make: RowMaker): HotChange[] {
  const owners = [...rows.keys()];
  return Array.from({ length: 1 + make.below(5) }, () => {
    const known = owners[make.below(owners.length)];
    const near = rows.get(owners[make.below(owners.length)] ?? -1) ?? make.row();
    const action = make.below(10);
    if (known !== undefined && action < 3) return { owner: known, bits: null };
    if (known !== undefined && action < 5) return { owner: known, bits: make.flip(near, make.below(30)) };
    return { owner: nextOwner(), bits: make.flip(near, make.below(30)) };
  });
}

function applyTo(rows: RowModel, { owner, bits }: HotChange): void {
  if (bits === null) rows.delete(owner);
  else rows.set(owner, bits);
}

describe("changes of the hot index", () => {
  for (const kernel of ["wasm", "javascript"] as const) {
    test(`${kernel}: a search posted after a change sees it, through folds and merges, and finds nothing else`, async () => {
      const make = makeRows(seededRandom(77));
      const rows = cornerRows("clusters", 200, make);
      const { index, nextReady } = startHotIndex({ tables: { [TABLE]: tableOf(rows) } }, { kernel, tuning: TINY });
      try {
        await nextReady();
        assert.equal(index.stats().kernel, kernel);
        let lastOwner = 1e6;
        // Owners come out of order, as ids do when transactions overlap.
        const nextOwner = () => (make.below(4) === 0 ? lastOwner - make.below(1e6) - 2e6 : ++lastOwner);
        const checks: Promise<void>[] = [];
        for (let step = 0; step < STEPS; step++) {
          const changes = randomChanges(rows, nextOwner, make);
          for (const change of changes) applyTo(rows, change);
          index.apply(TABLE, changes);
          const near = [...rows.values()][make.below(rows.size)] ?? make.row();
          const hashes = Array.from({ length: 1 + make.below(4) }, () => make.flip(near, make.below(20)));
          const threshold = [0, 10, 21, 31, 64][make.below(5)] ?? 0;
          const expected = bruteForce(rows, hashes, threshold);
          const search = index.search(TABLE, hashes, threshold, 10_000);
          checks.push(search.then((found) => assert.deepEqual(neighbours(found), expected, `step ${step}`)));
          // The keeper's news come between the changes only where the loop is left.
          if (step % 7 === 0) await search;
        }
        await Promise.all(checks);
      } finally {
        await index.close();
      }
    });
  }

  test("rows that are gone are forgotten with the next merge, in the end all", async () => {
    const make = makeRows(seededRandom(3));
    const rows = cornerRows("uniform", 300, make);
    const { index, nextReady } = startHotIndex({ tables: { [TABLE]: tableOf(rows) } }, { tuning: TINY });
    try {
      await nextReady();
      const full = index.stats().bytes;
      for (const owner of rows.keys()) {
        index.apply(TABLE, [{ owner, bits: null }]);
        assert.deepEqual(neighbours(await index.search(TABLE, [rows.get(owner) ?? make.row()], 0, 10)), []);
      }
      // Ends when the keeper's last fold has been told.
      while (index.stats().tables[TABLE]?.rows !== 20) await index.search(TABLE, [make.row()], 0, 10);
      assert.ok(index.stats().bytes < full);
    } finally {
      await index.close();
    }
  });

  test("extra rows are searched with the held ones, once each, and aren't kept", async () => {
    const make = makeRows(seededRandom(4));
    const rows = cornerRows("uniform", 50, make);
    const { index, nextReady } = startHotIndex({ tables: { [TABLE]: tableOf(rows) } }, { tuning: TINY });
    try {
      await nextReady();
      const [held] = rows;
      assert.ok(held);
      const query = make.flip(held[1], 6);
      const extra: HotChange[] = [
        { owner: held[0], bits: query },
        { owner: 5000, bits: make.flip(query, 3) },
        { owner: 5000, bits: make.flip(query, 2) },
        { owner: 5001, bits: make.flip(query, 11) },
        { owner: 5002, bits: null },
      ];
      const found = neighbours(await index.search(TABLE, [make.row(), query], 10, 2, extra));
      assert.deepEqual(found, [
        { owner: held[0], distance: 0, place: 1 },
        { owner: 5000, distance: 2, place: 1 },
      ]);
      const without = neighbours(await index.search(TABLE, [query], 10, 2));
      assert.deepEqual(without, [{ owner: held[0], distance: 6, place: 0 }]);
    } finally {
      await index.close();
    }
  });

  test("more owners than the limit are no answer, as many as the limit are one", async () => {
    const make = makeRows(seededRandom(6));
    const rows = cornerRows("equal", 90, make);
    const { index, nextReady } = startHotIndex({ tables: { [TABLE]: tableOf(rows) } }, { tuning: TINY });
    try {
      await nextReady();
      const query = [...rows.values()].slice(0, 1);
      index.apply(TABLE, [{ owner: 9999, bits: query[0] ?? make.row() }]);
      for (const hashes of [query, [...query, make.row(), make.row(), make.row()]]) {
        assert.equal((await index.search(TABLE, hashes, 3, 91))?.owners.length, 91);
        assert.equal(await index.search(TABLE, hashes, 3, 90), null);
        assert.equal(await index.search(TABLE, hashes, 3, 0), null);
      }
      assert.equal((await index.search(TABLE, [make.row()], 3, 0))?.owners.length, 0);
    } finally {
      await index.close();
    }
  });
});
