import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, before, describe, test } from "node:test";
import fc from "fast-check";
import type { NearStrategy } from "../../src/db/near-strategy.ts";
import { fromIndexBits } from "../../src/fingerprint/bit-order.ts";
import { CHUNK_STARTS, radiiFor } from "../../src/fingerprint/chunks.ts";
import { matchedBy } from "../../src/fingerprint/decision.ts";
import type { Look, PerceptualKind } from "../../src/fingerprint/fingerprint.ts";
import { type NeuralHash, neuralApart, neuralBits, neuralHashOf } from "../../src/fingerprint/neural.ts";
import { TRANSFORMS } from "../../src/fingerprint/transform.ts";
import { createTestDatabase, type TestDatabase } from "../support/database.ts";
import { smallSearch } from "../support/near-arbitrary.ts";
import { bruteMatches, bruteView } from "../support/near-brute.ts";
import {
  bruteDistance,
  type CorpusEntry,
  type CorpusList,
  flip,
  flipSome,
  lookOf,
  randomHash,
  refill,
  rowsOf,
  searchAll,
  seededRandom,
} from "../support/near-corpus.ts";
import { drawnVector, turned } from "../support/near-vectors.ts";
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

/** The picture's looks: the first by both hashes, the others have nothing to do with it. */
function looksOf(hashes: { pdq: string; blockhash: string }, count: number, random: () => number): Look[] {
  return TRANSFORMS.slice(0, count).map((transform, i) =>
    i === 0 ? lookOf(hashes) : { transform, pdq: randomHash(random), blockhash: null },
  );
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

/** Of each entry with a comparable neural hash, whether its bits, and whether its vector, are within the list's threshold. */
function neuralConditions(lists: readonly CorpusList[], entries: readonly CorpusEntry[], asked: NeuralHash | null) {
  return entries.flatMap(({ listId, neural, vector, neuralVersion }) => {
    const list = lists.find(({ id }) => id === listId);
    if (asked === null || neural === undefined || vector === undefined || neuralVersion !== asked.version) return [];
    return {
      bits: bruteDistance(asked.hash, neural) <= (list?.neural ?? 0),
      vector: neuralApart(asked.vector, vector) <= (list?.neuralVector ?? 0),
    };
  });
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
        const asked = looksOf(query, i % 2 === 0 ? 8 : 1, random);
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

  test("any small database: by looks, agreement and neural hashes, tables and memory find what comparing everything finds", async () => {
    const random = seededRandom(11);
    const found = { pdq: 0, blockhash: 0, neural: 0, agreement: 0, trimmed: 0, bitsAlone: 0, vectorAlone: 0 };
    for (const [most, numRuns] of [
      [PROBED_UP_TO, 120],
      [64, 80],
    ] as const) {
      await fc.assert(
        fc.asyncProperty(smallSearch(most), async ({ lists, entries, looks, terms, widest }) => {
          await refill(fixture.database, lists, entries);
          const expected = bruteMatches(lists, entries, looks, terms.listIds, terms);
          for (const { hash, confirmedBy, transform } of expected) {
            found[confirmedBy?.hash === "blockhash" ? "agreement" : hash] += 1;
            if (transform.startsWith("trimmed")) found.trimmed += 1;
          }
          for (const { bits, vector } of neuralConditions(lists, entries, terms.neural)) {
            if (bits !== vector) found[bits ? "bitsAlone" : "vectorAlone"] += 1;
          }
          for (const strategy of STRATEGIES) {
            if (strategy === "probe" && widest > PROBED_UP_TO) continue;
            assert.deepEqual(await searchAll(fixture.database, looks, widest, strategy, terms), expected, strategy);
          }
          assert.deepEqual(await searchAll(fixture.database, looks, 0, undefined, terms), expected);
          const held = {
            entry_pdq: rowsOf(entries, "pdq"),
            entry_blockhash: rowsOf(entries, "blockhash"),
            entry_neural: rowsOf(entries, "neural"),
          };
          const view = bruteView(held, { pdq: widest, blockhash: widest, neural: widest }, random);
          assert.deepEqual(await searchAll(fixture.database, looks, 0, undefined, { ...terms, view }), expected);
        }),
        { numRuns, seed: 3 },
      );
    }
    assert.ok(Math.min(...Object.values(found)) > 20, JSON.stringify(found));
  });

  test("one look and one stored picture: what is found is what the rule says", async () => {
    const random = seededRandom(19);
    const hashes = { pdq: randomHash(random), blockhash: randomHash(random) };
    const neural = neuralHashOf("a", drawnVector(randomHash(random), random));
    const bits = [0, 10, 11, 20, 21, 31, 32, 60, 61, 70, 71];
    const near = (kind: PerceptualKind, distance: number) => flipSome(hashes[kind], distance, random);
    const entries = bits
      .flatMap((pdq) => bits.map((blockhash) => ({ pdq, blockhash })))
      .map(({ pdq, blockhash }, i): CorpusEntry => {
        const count = bits[Math.floor(random() * bits.length)] ?? 0;
        const vector = turned(neural.vector, count, i % 2 === 0 ? "smallest" : "largest");
        const planted = { pdq: near("pdq", pdq), blockhash: near("blockhash", blockhash), neural: neuralBits(vector) };
        return { ...planted, id: BigInt(i + 1), listId: 1n, vector, neuralVersion: "a" };
      });
    const measured = entries.map((entry) => ({
      pdq: bruteDistance(hashes.pdq, entry.pdq ?? ""),
      blockhash: bruteDistance(hashes.blockhash, entry.blockhash ?? ""),
      neural: bruteDistance(neural.hash, entry.neural ?? ""),
      neuralVector: neuralApart(neural.vector, entry.vector ?? ""),
    }));
    const strangers = measured.filter(({ pdq, blockhash }) => pdq > 31 && blockhash > 20);
    const boundary = strangers.find(({ neural, neuralVector }) => neural < 40 && neuralVector > 200);
    assert.ok(boundary);
    const { neuralVector } = boundary;
    const rule = { pdq: 31, blockhash: 10, agreement: { pdq: 70, blockhash: 20 }, neural: 60, neuralVector };
    await refill(fixture.database, [{ id: 1n, name: "one", ...rule, match: "robust" }], entries);
    const matches = await searchAll(fixture.database, [lookOf(hashes)], 0, undefined, { neural });
    const ids = [...new Set(matches.map(({ entryId }) => Number(entryId)))].sort((a, b) => a - b);
    const ruled = measured.flatMap((distances, i) => (matchedBy(distances, rule) === null ? [] : [i + 1]));
    assert.deepEqual(ids, ruled);
    assert.ok(ruled.length < entries.length);
    assert.equal(matchedBy(boundary, rule), "neural");
    const byNeural = matches.filter(({ hash }) => hash === "neural");
    const isNeural = measured.filter((each) => each.neural <= rule.neural && each.neuralVector <= rule.neuralVector);
    assert.equal(byNeural.length, isNeural.length);
    for (const kind of ["neural", "neuralVector"] as const) {
      const beyond = { ...rule, [kind]: 2000 };
      assert.ok(measured.some((each) => matchedBy(each, beyond) === "neural" && matchedBy(each, rule) === null));
    }
    const agreeing = matches.filter(({ confirmedBy }) => confirmedBy?.hash === "blockhash");
    const ruledAgreeing = measured.filter((distances) => matchedBy(distances, rule) === "agreement");
    assert.equal(agreeing.length, ruledAgreeing.length);
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
        const asked = [lookOf({ pdq: needle })];
        const expected = bruteMatches(lists, entries, asked, null);
        for (const strategy of STRATEGIES)
          assert.deepEqual(await searchAll(fixture.database, asked, threshold, strategy), expected);
        found += expected.length;
      }
    }
    assert.ok(found > 0);
  });
});
