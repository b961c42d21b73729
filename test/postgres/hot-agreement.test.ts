import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, before, describe, it } from "node:test";
import { createHotMemory, type HotMemory } from "../../src/db/hot-memory.ts";
import { searchEntries } from "../../src/db/near-search.ts";
import type { HotView } from "../../src/db/near-view.ts";
import { fromIndexBits } from "../../src/fingerprint/bit-order.ts";
import { CHUNK_STARTS, CHUNK_WIDTHS } from "../../src/fingerprint/chunks.ts";
import { PERCEPTUAL_KINDS, type PerceptualKind } from "../../src/fingerprint/fingerprint.ts";
import { TRANSFORMS } from "../../src/fingerprint/transform.ts";
import { createTestDatabase, quietLogger, type TestDatabase } from "../support/database.ts";
import { takeView } from "../support/hot-memory.ts";
import {
  bruteMatches,
  type CorpusEntry,
  type CorpusList,
  flip,
  flipSome,
  insertEntries,
  insertLists,
  type QueryHashes,
  randomHash,
  searchAll,
  seededRandom,
} from "../support/near-corpus.ts";
import { sharedData } from "../support/shared-data.ts";

const LIST: CorpusList = { id: 1n, name: "one", pdq: 31, blockhash: 10 };
const ROUNDS = 40;
/** Above this a probing statement of eight hashes has hundreds of thousands of probes. */
const PROBED_UP_TO = 40;
const kernels = ["wasm", "javascript"] as const;

type Random = () => number;
type Hashes = Pick<CorpusEntry, PerceptualKind>;

/** What the rows of a scenario look like; each is drawn anew for every row. */
const SCENARIOS: Record<string, { readonly rows: number; draw(random: Random, centre: string): string }> = {
  "one row": { rows: 1, draw: (_, centre) => centre },
  "two rows": { rows: 2, draw: (random, centre) => flipSome(centre, Math.floor(random() * 64), random) },
  duplicates: { rows: 300, draw: (random, centre) => (random() < 0.5 ? centre : "0".repeat(64)) },
  "rows with all chunks equal": { rows: 300, draw: (random) => equalChunks(Math.floor(random() * 4)) },
  "a cluster in a few bits": {
    rows: 500,
    draw: (random, centre) => flipSome(centre, Math.floor(random() * 33), random, 40),
  },
  "a cluster at every distance": {
    rows: 500,
    draw: (random, centre) => flipSome(centre, Math.floor(random() * 66), random),
  },
  "random rows": { rows: 500, draw: (random) => randomHash(random) },
};

/** Every chunk of the index order has this value. */
function equalChunks(value: number): string {
  const bits = CHUNK_WIDTHS.flatMap((width, chunk) =>
    [0, 1].filter((bit) => (value >> bit) & 1).map((bit) => (CHUNK_STARTS[chunk] ?? 0) + width - 1 - bit),
  );
  return fromIndexBits("pdq", `x${flip("0".repeat(64), bits)}`);
}

describe("memory, SQL and comparing everything", () => {
  let test: TestDatabase;
  before(async () => {
    test = await createTestDatabase();
    await insertLists(test.database, [LIST]);
  });
  after(() => test.drop());

  async function openMemory(kernel: (typeof kernels)[number]): Promise<HotMemory> {
    const memory = createHotMemory(test.connection, {
      budgetBytes: 2 ** 28,
      hasReplicas: false,
      logger: quietLogger,
      kernel,
    });
    memory.begin(test.database);
    await takeView(memory, test.database);
    return memory;
  }

  async function compare(view: HotView, entries: readonly CorpusEntry[], asked: QueryHashes, list: CorpusList) {
    const expected = bruteMatches([list], entries, asked, null);
    const search = { hashes: asked, listIds: null, limit: 1_000_000 };
    assert.deepEqual(await searchEntries(test.database, { ...search, view }), expected, "memory");
    const widest = Math.max(list.pdq, list.blockhash);
    assert.deepEqual(await searchAll(test.database, asked, widest, "scan"), expected, "scan");
    if (widest <= PROBED_UP_TO)
      assert.deepEqual(await searchAll(test.database, asked, widest, "probe"), expected, "probe");
    return expected.length;
  }

  async function removeAll(): Promise<void> {
    await test.database.pool.query("delete from entry_pdq; delete from entry_blockhash; delete from entry");
  }

  for (const kernel of kernels) {
    for (const [name, { rows, draw }] of Object.entries(SCENARIOS)) {
      it(`agree on ${name}, after every insert and delete, at thresholds 0 to 64 (${kernel})`, async (t) => {
        await removeAll();
        const random = seededRandom(name.length * 7 + rows);
        const memory = await openMemory(kernel);
        t.after(() => memory.close());
        const centre = randomHash(random);
        let entries: CorpusEntry[] = [];
        let nextId = 1n;
        let found = 0;
        for (let round = 0; round < ROUNDS; round++) {
          const added: CorpusEntry[] = [];
          while (entries.length + added.length < rows && added.length < Math.ceil(rows / 8)) {
            const hashes: Hashes = { pdq: draw(random, centre), blockhash: draw(random, centre) };
            added.push({ ...hashes, id: nextId, listId: LIST.id });
            nextId += 1n;
          }
          await insertEntries(test.database, added);
          entries.push(...added);
          const gone = entries.filter(() => random() < 0.1).map(({ id }) => id);
          for (const table of ["entry_pdq", "entry_blockhash"])
            await test.database.pool.query(`delete from ${table} where entry_id = any ($1::int8[])`, [
              gone.map(String),
            ]);
          entries = entries.filter(({ id }) => !gone.includes(id));
          const list = { ...LIST, pdq: Math.floor(random() * 65), blockhash: Math.floor(random() * 65) };
          await test.database.pool.query("update list set pdq_threshold = $1, blockhash_threshold = $2", [
            list.pdq,
            list.blockhash,
          ]);
          const transforms = TRANSFORMS.slice(0, round % 2 === 0 ? 1 : 8);
          const ask = () => transforms.map((transform) => ({ transform, hash: draw(random, centre) }));
          found += await compare(
            await takeView(memory, test.database),
            entries,
            { pdq: ask(), blockhash: ask() },
            list,
          );
        }
        assert.ok(found > 0 || name === "random rows");
      });
    }

    it(`agree on the PDQ haystack for each of its needles (${kernel})`, async (t) => {
      const folder = sharedData("vectors/pdq/reg-test-input/");
      if (folder === null) return t.skip("1,350 haystack and 100 needle hashes are absent: 100 cases skipped");
      const hashesOf = async (file: string) => (await readFile(folder + file, "utf8")).trim().split(/\s+/);
      const haystack = await hashesOf("haystack.txt");
      const entries = haystack.map((pdq, i) => ({ id: BigInt(i + 1), listId: 1n, pdq }));
      await removeAll();
      await insertEntries(test.database, entries);
      const memory = await openMemory(kernel);
      t.after(() => memory.close());
      let found = 0;
      for (const pdq of [16, 31, 64]) {
        await test.database.pool.query("update list set pdq_threshold = $1, blockhash_threshold = 0", [pdq]);
        for (const needle of await hashesOf("needles.txt")) {
          const asked = { pdq: [{ transform: "identity" as const, hash: needle }], blockhash: [] };
          found += await compare(await takeView(memory, test.database), entries, asked, { ...LIST, pdq, blockhash: 0 });
        }
      }
      assert.ok(found > 0);
    });
  }

  it("agree where every row of a kind is missing", async () => {
    await removeAll();
    const memory = await openMemory("wasm");
    const random = seededRandom(5);
    const entries = [{ id: 1n, listId: 1n, pdq: randomHash(random) }];
    await insertEntries(test.database, entries);
    const asked = Object.fromEntries(
      PERCEPTUAL_KINDS.map((kind) => [kind, [{ transform: "identity", hash: entries[0]!.pdq }]]),
    ) as unknown as QueryHashes;
    await test.database.pool.query("update list set pdq_threshold = 31, blockhash_threshold = 64");
    const list = { ...LIST, pdq: 31, blockhash: 64 };
    assert.equal(await compare(await takeView(memory, test.database), entries, asked, list), 1);
    await memory.close();
  });
});
