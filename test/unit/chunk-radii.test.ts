import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import type { IndexBits } from "../../src/fingerprint/bit-order.ts";
import { allocateRadii, type ChunkStatistics } from "../../src/fingerprint/chunk-radii.ts";
import { CHUNK_STARTS, CHUNK_WIDTHS, chunkValues, probesFor, radiiFor } from "../../src/fingerprint/chunks.ts";
import { bruteDistance, flip } from "../support/near-corpus.ts";

const COSTS = { probe: 1, candidate: 0.8 };
const EVEN = CHUNK_WIDTHS.map(() => ({ values: new Int32Array(), shares: new Float64Array() }));

const hash = fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => Buffer.from(bytes).toString("hex"));
const bits = (hex: string): IndexBits => `x${hex}`;

/** Right, wrong, contradictory and impossible statistics. */
const statistics: fc.Arbitrary<ChunkStatistics> = fc.record({
  rows: fc.oneof(fc.nat(1_000_000_000), fc.constantFrom(0, 1e300)),
  chunks: fc.array(
    fc
      .array(fc.tuple(fc.nat(2 ** 24 - 1), fc.oneof(fc.double(), fc.double({ min: 0, max: 1 }))), { maxLength: 40 })
      .map((pairs) => ({
        values: Int32Array.from(pairs, ([value]) => value),
        shares: Float64Array.from(pairs.slice(0, 30), ([, share]) => share),
      })),
    { maxLength: 12 },
  ),
});

function allocated(hex: string, threshold: number, known: ChunkStatistics): readonly number[] {
  const { radii } = allocateRadii(bits(hex), threshold, known, COSTS) ?? assert.fail(`${threshold} bits`);
  return radii;
}

describe("radii by statistics", () => {
  test("whatever the statistics say, the radii sum up to what the threshold needs", () => {
    fc.assert(
      fc.property(hash, fc.integer({ min: 0, max: 64 }), statistics, (hex, threshold, known) => {
        const radii = allocated(hex, threshold, known);
        assert.equal(radii.length, CHUNK_WIDTHS.length);
        assert.ok(radii.every((radius) => Number.isInteger(radius) && radius >= -1));
        assert.equal(
          radii.reduce((sum, radius) => sum + radius + 1, 0),
          threshold + 1,
        );
      }),
    );
  });

  test("whatever the statistics say, the hardest rows at the threshold are found", () => {
    fc.assert(
      fc.property(hash, fc.integer({ min: 0, max: 24 }), statistics, (query, threshold, known) => {
        const radii = allocated(query, threshold, known);
        const probes = probesFor([bits(query)], threshold, [radii]);
        radii.forEach((radius, within) => {
          if (radius < 0) return;
          const differing = radii.flatMap((each, chunk) =>
            Array.from({ length: each + (chunk === within ? 0 : 1) }, (_, bit) => (CHUNK_STARTS[chunk] ?? 0) + bit),
          );
          const row = flip(query, differing);
          assert.equal(bruteDistance(query, row), threshold);
          const values = chunkValues(bits(row));
          assert.ok(probes.some((each, chunk) => each.includes(values[chunk] ?? -1)));
        });
      }),
      { numRuns: 60 },
    );
  });

  test("without common values the probes are as many as with equal radii", () => {
    for (const threshold of [0, 5, 10, 21, 31, 40]) {
      const radii = allocated("ab".repeat(32), threshold, { rows: 1_000_000, chunks: EVEN });
      const count = (chosen: readonly number[]) =>
        probesFor([bits("ab".repeat(32))], threshold, [chosen]).reduce((sum, each) => sum + each.length, 0);
      assert.equal(count(radii), count(radiiFor(threshold)));
    }
  });

  test("a chunk whose value is common is searched less, or not at all", () => {
    const hex = "ab".repeat(32);
    const value = chunkValues(bits(hex))[4] ?? 0;
    const common = { values: Int32Array.of(value), shares: Float64Array.of(0.3) };
    const chunks = EVEN.map((each, chunk) => (chunk === 4 ? common : each));
    const even = allocated(hex, 31, { rows: 1_000_000, chunks: EVEN });
    const fitted = allocated(hex, 31, { rows: 1_000_000, chunks });
    assert.deepEqual([even[4], fitted[4]], [2, -1]);
    assert.equal(allocated(hex, 10, { rows: 1_000_000, chunks })[4], -1);
  });

  test("the cost is the least of all radii, as far as they can be tried", () => {
    const hex = "5c".repeat(32);
    const values = chunkValues(bits(hex));
    const chunks = CHUNK_WIDTHS.map((_, chunk) => ({
      values: Int32Array.of((values[chunk] ?? 0) ^ (chunk % 2)),
      shares: Float64Array.of(chunk / 100),
    }));
    const rows = 10_000;
    const found = allocateRadii(bits(hex), 2, { rows, chunks }, COSTS);
    const costOf = (chunk: number, radius: number) => {
      if (radius < 0) return 0;
      const share = chunk / 100;
      const width = CHUNK_WIDTHS[chunk] ?? 0;
      const size = radius === 0 ? 1 : radius === 1 ? 1 + width : 1 + width + (width * (width - 1)) / 2;
      const within = radius >= chunk % 2 ? share : 0;
      return size * COSTS.probe + rows * (within + (size * (1 - share)) / 2 ** width) * COSTS.candidate;
    };
    let least = Number.POSITIVE_INFINITY;
    for (let a = 0; a < 11; a++) {
      for (let b = a; b < 11; b++) {
        for (let c = b; c < 11; c++) {
          const radii = new Map<number, number>();
          for (const chunk of [a, b, c]) radii.set(chunk, (radii.get(chunk) ?? -1) + 1);
          const cost = [...radii].reduce((sum, [chunk, radius]) => sum + costOf(chunk, radius), 0);
          least = Math.min(least, cost);
        }
      }
    }
    assert.ok(Math.abs((found?.cost ?? 0) - least) < 1e-6, `${found?.cost} instead of ${least}`);
  });

  test("a threshold beyond any search's probes has no radii", () => {
    assert.equal(allocateRadii(bits("0".repeat(64)), 256, { rows: 10, chunks: EVEN }, COSTS), null);
  });

  test("radii that could miss a row are refused", () => {
    const query = [bits("0".repeat(64))];
    const short = radiiFor(30);
    for (const radii of [short, [], radiiFor(31).slice(1), radiiFor(31).map((radius) => radius + 0.5)]) {
      assert.throws(() => probesFor(query, 31, [radii]), RangeError);
    }
    assert.throws(() => probesFor([...query, ...query], 31, [radiiFor(31)]), RangeError);
  });
});
