import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { describe, test } from "node:test";
import fc from "fast-check";
import type { IndexBits } from "../../src/fingerprint/bit-order.ts";
import {
  CHUNK_STARTS,
  CHUNK_WIDTHS,
  chunkValues,
  PROBES_PER_HASH_MAX,
  probeCount,
  probesFor,
  radiiFor,
} from "../../src/fingerprint/chunks.ts";
import { bruteDistance, flip, flipSome, seededRandom } from "../support/near-corpus.ts";

const hash = fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => Buffer.from(bytes).toString("hex"));
const bits = (hex: string): IndexBits => `x${hex}`;

function isFound(query: string, row: string, threshold: number): boolean {
  const values = chunkValues(bits(row));
  return probesFor([bits(query)], threshold).some((probes, chunk) => probes.includes(values[chunk] ?? -1));
}

describe("chunks", () => {
  test("the chunks cover the 256 bits once, in order", () => {
    assert.equal(CHUNK_WIDTHS.length, 11);
    assert.deepEqual(CHUNK_STARTS, [0, 24, 48, 72, 95, 118, 141, 164, 187, 210, 233]);
    assert.equal(
      CHUNK_WIDTHS.reduce((sum, width) => sum + width, 0),
      256,
    );
  });

  test("the chunks are those of the indexes in the migration", async () => {
    const read = (name: string) => readFile(new URL(`../../migrations/${name}.sql`, import.meta.url), "utf8");
    const migration = (await read("0001_chunk-indexes")) + (await read("0004_looks-and-neural"));
    for (const table of ["entry_pdq", "entry_blockhash", "entry_neural", "image_pdq", "image_blockhash"]) {
      CHUNK_WIDTHS.forEach((width, chunk) => {
        const start = (CHUNK_STARTS[chunk] ?? 0) + 1;
        const index = `"${table}_chunk_${chunk}" ON "${table}" ((substring("bits", ${start}, ${width})::int4))`;
        assert.ok(migration.includes(index), index);
      });
    }
  });

  test("chunk values are the bits read as numbers, highest bit first", () => {
    fc.assert(
      fc.property(hash, (hex) => {
        const binary = BigInt(`0x${hex}`).toString(2).padStart(256, "0");
        const expected = CHUNK_WIDTHS.map((width, chunk) => {
          const start = CHUNK_STARTS[chunk] ?? 0;
          return Number.parseInt(binary.slice(start, start + width), 2);
        });
        assert.deepEqual([...chunkValues(bits(hex))], expected);
      }),
    );
  });

  test("the radii sum up to no more and no less than the threshold needs, wide chunks no wider than narrow ones", () => {
    for (let threshold = 0; threshold <= 256; threshold++) {
      const radii = radiiFor(threshold);
      assert.equal(
        radii.reduce((sum, radius) => sum + radius + 1, 0),
        threshold + 1,
      );
      assert.ok(Math.max(...radii) - Math.min(...radii) <= 1);
      assert.deepEqual(
        radii,
        radii.toSorted((a, b) => a - b),
      );
    }
  });

  test("a threshold that is not a whole number of 0 to 256 bits is refused", () => {
    for (const threshold of [-1, 257, 1.5, Number.NaN]) assert.throws(() => radiiFor(threshold), RangeError);
  });

  test("the probes of a chunk are all values within its radius, ascending, once each, and nothing else", () => {
    fc.assert(
      fc.property(
        fc.array(hash, { minLength: 1, maxLength: 4 }),
        fc.integer({ min: 0, max: 33 }),
        (hexes, threshold) => {
          const radii = radiiFor(threshold);
          const values = hexes.map((hex) => chunkValues(bits(hex)));
          probesFor(hexes.map(bits), threshold).forEach((probes, chunk) => {
            const radius = radii[chunk] ?? -1;
            let previous = -1;
            const nearOf = values.map(() => 0);
            for (const probe of probes) {
              assert.ok(probe > previous);
              previous = probe;
              values.forEach((value, i) => {
                if (popcount(probe ^ (value[chunk] ?? 0)) <= radius) nearOf[i] = (nearOf[i] ?? 0) + 1;
              });
            }
            for (const count of nearOf) assert.equal(count, ballSize(CHUNK_WIDTHS[chunk] ?? 0, radius));
            if (hexes.length === 1) assert.equal(probes.length, nearOf[0]);
          });
        },
      ),
      { numRuns: 30 },
    );
  });

  test("hashes that share values are probed for once", () => {
    const hex = "0123456789abcdef".repeat(4);
    const alone = probesFor([bits(hex)], 31);
    assert.deepEqual(probesFor([bits(hex), bits(hex)], 31), alone);
    const together = probesFor([bits(hex), bits(flip(hex, [0]))], 31);
    together.forEach((probes, chunk) => {
      assert.equal(new Set(probes).size, probes.length);
      if (chunk > 0) assert.deepEqual(probes, alone[chunk]);
    });
  });

  test("the number of probes is known before they are made", () => {
    for (let threshold = 0; threshold <= 45; threshold++) {
      const probes = probesFor([bits("5".repeat(64))], threshold);
      assert.equal(
        probes.reduce((sum, each) => sum + each.length, 0),
        probeCount(threshold),
      );
    }
    assert.equal(probeCount(31), 2843);
  });

  test("more probes than any search should make are refused", () => {
    assert.ok(probeCount(256) > PROBES_PER_HASH_MAX);
    assert.throws(() => probesFor([bits("0".repeat(64))], 256), RangeError);
  });

  test("a hash at the threshold is found however its differing bits are spread over the chunks", () => {
    const random = seededRandom(1);
    const query = "0f".repeat(32);
    for (const threshold of [0, 1, 9, 10, 11, 16, 21, 31, 32, 40]) {
      const radii = radiiFor(threshold);
      // The hardest rows: one bit beyond the radius in every chunk but one, and that one just within.
      radii.forEach((radius, within) => {
        if (radius < 0) return;
        const differing = radii.flatMap((each, chunk) => {
          const start = CHUNK_STARTS[chunk] ?? 0;
          return Array.from({ length: each + (chunk === within ? 0 : 1) }, (_, bit) => start + bit);
        });
        const row = flip(query, differing);
        assert.equal(bruteDistance(query, row), threshold);
        assert.ok(isFound(query, row, threshold), `${threshold} bits, chunk ${within}`);
      });
      for (let distance = 0; distance <= threshold; distance++) {
        assert.ok(isFound(query, flipSome(query, distance, random), threshold), `${distance} of ${threshold} bits`);
      }
    }
  });
});

function popcount(value: number): number {
  return value.toString(2).replaceAll("0", "").length;
}

function ballSize(width: number, radius: number): number {
  if (radius < 0) return 0;
  const choose = (k: number): number => (k === 0 ? 1 : (choose(k - 1) * (width - k + 1)) / k);
  return Array.from({ length: radius + 1 }, (_, k) => choose(k)).reduce((sum, each) => sum + each, 0);
}
