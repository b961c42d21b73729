import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, before, describe, test } from "node:test";
import fc from "fast-check";
import type { QueryHash } from "../../src/db/near-search.ts";
import type { NearStrategy } from "../../src/db/near-strategy.ts";
import { fromIndexBits } from "../../src/fingerprint/bit-order.ts";
import { CHUNK_STARTS, radiiFor } from "../../src/fingerprint/chunks.ts";
import type { PerceptualKind } from "../../src/fingerprint/fingerprint.ts";
import { TRANSFORMS } from "../../src/fingerprint/transform.ts";
import { createTestDatabase, type TestDatabase } from "../support/database.ts";
import {
  bruteMatches,
  bruteView,
  type CorpusEntry,
  type CorpusList,
  flip,
  flipSome,
  randomHash,
  refill,
  searchAll,
  seededRandom,
} from "../support/near-corpus.ts";
import { sharedData } from "../support/shared-data.ts";

const STRATEGIES: readonly NearStrategy[] = ["scan", "probe"];
const THRESHOLDS = [0, 1, 10, 16, 31, 32, 40, 64, 100, 256];
/** Above this the probes of eight hashes run into the hundreds of thousands. */
const PROBED_UP_TO = 40;

let fixture: TestDatabase;
before(async () => {
  fixture = await createTestDatabase();
});
after(() => fixture.drop());

/** The picture's transforms: the first is `hash`, the others have nothing to do with it. */
function transformsOf(hash: string, count: number, random: () => number): QueryHash[] {
  return TRANSFORMS.slice(0, count).map((transform, i) => ({ transform, hash: i === 0 ? hash : randomHash(random) }));
}

/** At every distance in question, as far apart as the pigeonhole allows, and crowded into a few bits. */
function plantedAround(query: string, kind: PerceptualKind, random: () => number): string[] {
  const distances = [...Array.from({ length: 42 }, (_, i) => i), 63, 64, 65, 99, 100, 101, 255, 256];
  const spread = distances.map((distance) => flipSome(query, distance, random));
  const crowded = distances.filter((d) => d <= 48).map((distance) => flipSome(query, distance, random, 48));
  const hardest = [10, 16, 31, 32, 40].flatMap((threshold) => {
    const radii = radiiFor(threshold);
    return radii.flatMap((radius, within) => {
      if (radius < 0) return [];
      const bits = radii.flatMap((each, chunk) =>
        Array.from({ length: each + (chunk === within ? 0 : 1) }, (_, i) => (CHUNK_STARTS[chunk] ?? 0) + i),
      );
      const mask = fromIndexBits(kind, `x${flip("0".repeat(64), bits)}`);
      return [xor(query, mask)];
    });
  });
  return [...spread, ...crowded, ...hardest];
}

function xor(a: string, b: string): string {
  return (BigInt(`0x${a}`) ^ BigInt(`0x${b}`)).toString(16).padStart(64, "0");
}

describe("search of entries", () => {
  test("thousands of planted and random entries: both strategies find what comparing everything finds", async () => {
    const random = seededRandom(7);
    const queries = Array.from({ length: 6 }, () => ({ pdq: randomHash(random), blockhash: randomHash(random) }));
    const hashes: { pdq?: string; blockhash?: string }[] = [];
    for (const query of queries) {
      const pdq = plantedAround(query.pdq, "pdq", random);
      const blockhash = plantedAround(query.blockhash, "blockhash", random);
      hashes.push(
        ...pdq.map((hash, i) => (i % 3 === 0 ? { pdq: hash } : { pdq: hash, blockhash: blockhash[i] ?? hash })),
      );
    }
    const centre = randomHash(random);
    for (let i = 0; i < 1000; i++)
      hashes.push({ pdq: flipSome(centre, i % 24, random), blockhash: flipSome(centre, i % 24, random, 40) });
    for (let i = 0; i < 1500; i++) hashes.push({ pdq: randomHash(random), blockhash: randomHash(random) });
    for (let i = 0; i < 300; i++) hashes.push({ pdq: "0".repeat(64), blockhash: "f".repeat(64) });
    queries.push({ pdq: centre, blockhash: centre }, { pdq: "0".repeat(64), blockhash: "f".repeat(64) });
    const entries = hashes.map((each, i): CorpusEntry => {
      const chance = random();
      return {
        ...each,
        id: BigInt(i + 1),
        listId: BigInt(1 + Math.floor(random() * 6)),
        enabled: chance > 0.1,
        expiresInSeconds: chance < 0.9 ? null : chance < 0.95 ? 3600 : -3600,
      };
    });
    const listsAt = (threshold: number): CorpusList[] => [
      { id: 1n, name: "a", pdq: threshold, blockhash: threshold },
      { id: 2n, name: "b", pdq: Math.floor(threshold / 2), blockhash: threshold },
      { id: 3n, name: "c", pdq: threshold, blockhash: 0 },
      { id: 4n, name: "d", pdq: 0, blockhash: Math.max(0, threshold - 1) },
      { id: 5n, name: "off", pdq: threshold, blockhash: threshold, enabled: false },
      { id: 6n, name: "gone", pdq: threshold, blockhash: threshold, deleted: true },
    ];
    await refill(fixture.database, listsAt(0), entries);
    let compared = 0;
    for (const threshold of THRESHOLDS) {
      const lists = listsAt(threshold);
      for (const { id, pdq, blockhash } of lists) {
        const change = "update list set pdq_threshold = $2, blockhash_threshold = $3 where id = $1";
        await fixture.database.pool.query(change, [id, pdq, blockhash]);
      }
      for (const [i, query] of queries.entries()) {
        const asked = {
          pdq: transformsOf(query.pdq, i % 2 === 0 ? 8 : 1, random),
          blockhash: transformsOf(query.blockhash, 1, random),
        };
        const expected = bruteMatches(lists, entries, asked, null);
        for (const strategy of STRATEGIES) {
          if (strategy === "probe" && threshold > PROBED_UP_TO) continue;
          assert.deepEqual(
            await searchAll(fixture.database, asked, threshold, strategy),
            expected,
            `${strategy} at ${threshold} bits`,
          );
          compared += expected.length;
        }
        assert.deepEqual(await searchAll(fixture.database, asked, threshold), expected, `${threshold} bits`);
      }
    }
    assert.ok(compared > 20_000, `only ${compared} matches`);
  });

  test("any small database, thresholds of 0 to 64: tables and memory find what comparing everything finds", async () => {
    const nearBy = fc.tuple(fc.nat(3), fc.array(fc.nat(255), { maxLength: 34 }));
    const arbitrary = fc.record({
      rows: fc.array(fc.tuple(nearBy, nearBy, fc.integer({ min: 1, max: 3 })), { maxLength: 30 }),
      queries: fc.array(fc.tuple(fc.constantFrom(...TRANSFORMS), nearBy), { minLength: 1, maxLength: 8 }),
      blockhashQueries: fc.array(fc.tuple(fc.constantFrom(...TRANSFORMS), nearBy), { maxLength: 2 }),
      thresholds: fc.oneof(
        fc.array(fc.integer({ min: 0, max: PROBED_UP_TO }), { minLength: 6, maxLength: 6 }),
        fc.array(fc.integer({ min: 0, max: 64 }), { minLength: 6, maxLength: 6 }),
      ),
      chosen: fc.option(fc.subarray([1n, 2n, 3n])),
    });
    const random = seededRandom(11);
    const centres = ["0".repeat(64), "f".repeat(64), randomHash(random), randomHash(random)];
    const near = ([centre, bits]: [number, number[]]) => flip(centres[centre] ?? "", [...new Set(bits)]);
    await fc.assert(
      fc.asyncProperty(arbitrary, async ({ rows, queries, blockhashQueries, thresholds, chosen }) => {
        const lists = [1, 2, 3].map((id) => ({
          id: BigInt(id),
          name: `list ${id}`,
          pdq: thresholds[id - 1] ?? 0,
          blockhash: thresholds[id + 2] ?? 0,
        }));
        const entries = rows.map(([pdq, blockhash, list], i) => ({
          id: BigInt(i + 1),
          listId: BigInt(list),
          pdq: near(pdq),
          blockhash: near(blockhash),
        }));
        await refill(fixture.database, lists, entries);
        const hashed = (each: readonly [QueryHash["transform"], [number, number[]]][]) =>
          each.map(([transform, hash]) => ({ transform, hash: near(hash) }));
        const asked = { pdq: hashed(queries), blockhash: hashed(blockhashQueries) };
        const expected = bruteMatches(lists, entries, asked, chosen);
        const widest = Math.max(...thresholds);
        for (const strategy of STRATEGIES) {
          if (strategy === "probe" && widest > PROBED_UP_TO) continue;
          const found = await searchAll(fixture.database, asked, widest, strategy, { listIds: chosen });
          assert.deepEqual(found, expected, strategy);
        }
        const held = (kind: PerceptualKind) => entries.map((entry) => ({ id: entry.id, hash: entry[kind] }));
        const view = bruteView(
          { entry_pdq: held("pdq"), entry_blockhash: held("blockhash") },
          { pdq: widest, blockhash: widest },
          random,
        );
        assert.deepEqual(await searchAll(fixture.database, asked, 0, undefined, { listIds: chosen, view }), expected);
      }),
      { numRuns: 100, seed: 3 },
    );
  });

  test("the PDQ haystack: every needle's neighbours, at every threshold", async (t) => {
    const folder = sharedData("vectors/pdq/reg-test-input/");
    if (folder === null) return t.skip("1,350 haystack and 100 needle hashes are absent: 100 cases skipped");
    const hashesOf = async (file: string) => (await readFile(folder + file, "utf8")).trim().split(/\s+/);
    const haystack = await hashesOf("haystack.txt");
    const needles = await hashesOf("needles.txt");
    assert.deepEqual([haystack.length, needles.length], [1350, 100]);
    const entries = haystack.map((pdq, i) => ({ id: BigInt(i + 1), listId: 1n, pdq }));
    await refill(fixture.database, [{ id: 1n, name: "haystack", pdq: 31, blockhash: 0 }], entries);
    let found = 0;
    for (const threshold of [16, 31, 40]) {
      const lists = [{ id: 1n, name: "haystack", pdq: threshold, blockhash: 0 }];
      await fixture.database.pool.query("update list set pdq_threshold = $1", [threshold]);
      for (const needle of needles) {
        const asked = { pdq: [{ transform: "identity" as const, hash: needle }], blockhash: [] };
        const expected = bruteMatches(lists, entries, asked, null);
        for (const strategy of STRATEGIES)
          assert.deepEqual(await searchAll(fixture.database, asked, threshold, strategy), expected);
        found += expected.length;
      }
    }
    assert.ok(found > 0);
  });
});
