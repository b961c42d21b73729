import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { EntryTerms } from "../../src/db/near-search.ts";
import { neuralApart, neuralBits, neuralHashOf } from "../../src/fingerprint/neural.ts";
import { createTestDatabase, type TestDatabase } from "../support/database.ts";
import { bruteMatches } from "../support/near-brute.ts";
import {
  bruteDistance,
  type CorpusEntry,
  type CorpusList,
  flipSome,
  randomHash,
  refill,
  searchAll,
  seededRandom,
} from "../support/near-corpus.ts";
import { drawnVector, hexOf, turned } from "../support/near-vectors.ts";

let fixture: TestDatabase;
before(async () => {
  fixture = await createTestDatabase();
});
after(() => fixture.drop());

const random = seededRandom(41);
const asked = drawnVector(randomHash(random), random);
const terms = { neural: neuralHashOf("a", asked), match: "robust" } as const satisfies Partial<EntryTerms>;
const everything: CorpusList = { id: 1n, name: "one", pdq: 0, blockhash: 0, neural: 256 };

function entriesOf(vectors: readonly string[]): CorpusEntry[] {
  return vectors.map((vector, i) => ({
    id: BigInt(i + 1),
    listId: 1n,
    neural: neuralBits(vector),
    vector,
    neuralVersion: "a",
  }));
}

/** What the search says of the entries: bits and thousandths by entry, null where one is no match. */
async function foundOf(entries: readonly CorpusEntry[], more: Partial<EntryTerms> = {}) {
  const matches = await searchAll(fixture.database, [], 256, "scan", { ...terms, ...more });
  return entries.map(({ id }) => {
    const match = matches.find(({ entryId }) => entryId === id);
    return match === undefined ? null : [match.distance, match.confirmedBy?.distance];
  });
}

async function setThresholds(bits: number, thousandths: number): Promise<void> {
  await fixture.database.pool.query("update list set neural_threshold = $1, neural_vector_threshold = $2", [
    bits,
    thousandths,
  ]);
}

/** These numbers, then zeros. */
function padded(numbers: readonly number[]): string {
  return hexOf(Array.from({ length: 256 }, (_, i) => numbers[i] ?? 0));
}

/** The first `count` of 8 pairs the other way round; of length √2000, so that each pair adds half a thousandth of 1 - cosine. */
function swapped(count: number): string {
  const pairs = Array.from({ length: 8 }, (_, i) => (i < count ? [2, 1] : [1, 2]));
  return padded([40, 18, 6, ...pairs.flat()]);
}

describe("vectors behind neural hashes", () => {
  test("any two are told to be as far apart as `neuralApart` says", async () => {
    const entries = entriesOf([
      ...Array.from({ length: 600 }, (_, i) => {
        const signs = flipSome(terms.neural.hash, i % 257, random);
        return drawnVector(signs, random, ([0, 1, 4] as const)[i % 3]);
      }),
      ...Array.from({ length: 257 }, (_, i) => turned(asked, i, i % 2 === 0 ? "smallest" : "largest")),
      hexOf(Array<number>(256).fill(127)),
      hexOf(Array<number>(256).fill(-127)),
      asked,
    ]);
    await refill(fixture.database, [everything], entries);
    const expected = entries.map(({ neural = "", vector = "" }) => [
      bruteDistance(terms.neural.hash, neural),
      neuralApart(asked, vector),
    ]);
    assert.deepEqual(await foundOf(entries), expected);
    const apart = expected.map(([, thousandths]) => thousandths ?? 0);
    assert.ok(Math.min(...apart) === 0 && Math.max(...apart) > 1900 && new Set(apart).size > 300, apart.join());
  });

  test("half a thousandth is rounded up, whether the next whole one is odd or even", async () => {
    const entries = entriesOf(Array.from({ length: 9 }, (_, i) => swapped(i)));
    await refill(fixture.database, [everything], entries);
    const found = await foundOf(entries, { neural: neuralHashOf("a", swapped(0)) });
    const apart = [0, 1, 1, 2, 2, 3, 3, 4, 4];
    assert.deepEqual(
      entries.map(({ vector = "" }) => neuralApart(swapped(0), vector)),
      apart,
    );
    assert.deepEqual(
      found,
      apart.map((thousandths) => [0, thousandths]),
    );
  });

  test("opposite, perpendicular and equal ones are 2000, 1000 and 0 apart, of whatever length", async () => {
    const one = padded([100, 50]);
    const entries = entriesOf(
      [
        [-100, -50],
        [-2, -1],
        [-50, 100],
        [100, 50],
        [2, 1],
      ].map(padded),
    );
    await refill(fixture.database, [everything], entries);
    const found = await foundOf(entries, { neural: neuralHashOf("a", one) });
    assert.deepEqual(found, [
      [2, 2000],
      [2, 2000],
      [1, 1000],
      [0, 0],
      [0, 0],
    ]);
  });

  test("an entry matches where both distances are within their thresholds, each inclusive", async () => {
    const entries = entriesOf([
      turned(asked, 60, "smallest"),
      turned(asked, 61, "smallest"),
      turned(asked, 60, "largest"),
      drawnVector(terms.neural.hash, random, 4),
    ]);
    await refill(fixture.database, [everything], entries);
    const distances = await foundOf(entries);
    assert.deepEqual(
      distances.map((each) => each?.[0]),
      [60, 61, 60, 0],
    );
    const [near = 0, , far = 0, uneven = 0] = distances.map((each) => each?.[1]);
    assert.ok(near > 0 && near < 50 && far > 500 && uneven > 300, JSON.stringify(distances));
    const matched = [];
    for (const [bits, thousandths] of [
      [60, near],
      [60, near - 1],
      [59, near],
      [61, 50],
      [60, far],
      [60, far - 1],
      [59, 2000],
      [0, uneven],
      [0, uneven - 1],
    ] as [number, number][]) {
      await setThresholds(bits, thousandths);
      const found = await foundOf(entries);
      const expected = bruteMatches(
        [{ ...everything, neural: bits, neuralVector: thousandths }],
        entries,
        [],
        null,
        terms,
      );
      assert.deepEqual(await searchAll(fixture.database, [], 256, "scan", terms), expected, `${bits}, ${thousandths}`);
      matched.push(found.flatMap((each, i) => (each === null ? [] : [i])));
    }
    const upTo = (thousandths: number) => (uneven <= thousandths ? [3] : []);
    assert.deepEqual(matched, [[0], [], [], [0, 1], [0, 2, ...upTo(far)], [0, ...upTo(far - 1)], [3], [3], []]);
  });

  test("bits within and vectors beyond, or the other way round, match nothing, in any of a thousand entries", async () => {
    const entries = entriesOf(
      Array.from({ length: 1000 }, (_, i) => {
        const count = Math.floor(random() * 120);
        if (i % 2 === 0) return turned(asked, count, i % 4 === 0 ? "smallest" : "largest");
        return drawnVector(flipSome(terms.neural.hash, count, random), random, ([0, 1, 4] as const)[i % 3]);
      }),
    );
    await refill(fixture.database, [everything], entries);
    const tally = { both: 0, bitsAlone: 0, vectorAlone: 0, neither: 0 };
    for (const [bits, thousandths] of [
      [60, 300],
      [80, 200],
      [30, 600],
    ] as const) {
      await setThresholds(bits, thousandths);
      const expected = entries.map(({ neural = "", vector = "" }) => {
        const distances = [bruteDistance(terms.neural.hash, neural), neuralApart(asked, vector)] as const;
        const [isNear, isAlike] = [distances[0] <= bits, distances[1] <= thousandths];
        tally[isNear ? (isAlike ? "both" : "bitsAlone") : isAlike ? "vectorAlone" : "neither"] += 1;
        return isNear && isAlike ? distances : null;
      });
      assert.deepEqual(await foundOf(entries), expected);
    }
    assert.ok(Math.min(...Object.values(tally)) > 50, JSON.stringify(tally));
  });

  test("an entry whose vector is zero, or gone, is no match and fails no search", async () => {
    const zero = padded([]);
    const entries = entriesOf([zero, drawnVector(neuralBits(zero), random), drawnVector(neuralBits(zero), random)]);
    await refill(fixture.database, [everything], entries);
    await fixture.database.pool.query("update entry set neural = null where id = 3");
    const like = { neural: neuralHashOf("a", drawnVector(neuralBits(zero), random)) };
    const found = await foundOf(entries, like);
    assert.deepEqual(
      found.map((each) => each?.[0] ?? null),
      [null, 0, null],
    );
    assert.deepEqual(await foundOf(entries, { neural: neuralHashOf("a", zero) }), [null, null, null]);
  });

  test("those of another version are not compared, whatever their length", async () => {
    const entries = entriesOf([asked, asked]);
    await refill(fixture.database, [everything], entries);
    await fixture.database.pool.query(
      "update entry set neural_version = 'b', neural = substring(neural, 1, 32) where id = 1",
    );
    assert.deepEqual(await foundOf(entries), [null, [0, 0]]);
  });
});
