import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { rateUpperBound } from "../../bench/eval/binomial.ts";
import { rowComparer } from "../../bench/eval/compare-rows.ts";
import { featureTable, HASH_WORDS, LOOKS } from "../../bench/eval/feature-table.ts";
import { judge } from "../../bench/eval/judge.ts";
import { comparisons, FAR, MEASURES, type Measure, within } from "../../bench/eval/measures.ts";
import { HAS } from "../../bench/eval/record.ts";
import { hammingDistance } from "../../src/fingerprint/hamming.ts";
import { seeded } from "../support/pictures.ts";

const ATTACKS = 2;
const PHOTOS = 4;

describe("the evaluation", () => {
  it("bounds a rate by 3 / n where nothing was found, and by Clopper and Pearson elsewhere", () => {
    assert.ok(Math.abs(rateUpperBound(0, 300_000) * 300_000 - 2.9957) < 1e-3);
    assert.ok(Math.abs(rateUpperBound(1, 10) - 0.394163) < 1e-5);
    assert.ok(Math.abs(rateUpperBound(3, 50) - 0.147819) < 1e-3);
    assert.equal(rateUpperBound(10, 10), 1);
  });

  it("finds the distance of the nearest look, over what is stored whole and trimmed", () => {
    const table = randomTable(2);
    table.has.set([HAS.whole | HAS.trimmed, HAS.whole]);
    const hashAt = (row: number, look: number) =>
      Buffer.from(table.pdq.slice((row * LOOKS + look) * HASH_WORDS, (row * LOOKS + look + 1) * HASH_WORDS).buffer);
    const looks = Array.from({ length: LOOKS }, (_, look) => hammingDistance(hashAt(0, look), hashAt(1, 0)));
    const distances = rowComparer(table, FAR - 1)(0, 1);
    const bits = (measure: Measure) => distances[MEASURES.indexOf(measure)];
    assert.equal(bits("pdq"), Math.min(FAR, ...looks));
    assert.equal(bits("pdq turned"), Math.min(FAR, ...looks.slice(0, LOOKS / 2)));
    assert.equal(bits("pdq upright"), Math.min(FAR, looks[0] ?? FAR));
  });

  it("counts each copy once against its photo and once against every other, and leaves out known same pairs", () => {
    const table = randomTable(PHOTOS * (ATTACKS + 1));
    table.has.fill(HAS.whole);
    const known = { a: 0, b: 1, same: true, seen: "the same coat", photos: ["x/0", "x/1"] as const };
    const { copies, pairs, strangers, insufficient } = judge(table, PHOTOS, ATTACKS, [known]);
    assert.deepEqual(
      copies.map((tally) => comparisons(tally, "pdq")),
      [PHOTOS, PHOTOS],
    );
    assert.equal(comparisons(pairs, "fast"), (PHOTOS * (PHOTOS - 1)) / 2 - 1);
    assert.equal(comparisons(strangers, "fast"), ATTACKS * (PHOTOS * (PHOTOS - 1) - 2));
    assert.equal(within(pairs, "fast", 0), 0);
    assert.deepEqual(insufficient, []);
  });
});

function randomTable(rows: number) {
  const table = featureTable(rows);
  const random = seeded(7);
  for (const words of [table.pdq, table.blockhash])
    words.set(Int32Array.from(words, () => random() * 2 ** 32 - 2 ** 31));
  return table;
}
