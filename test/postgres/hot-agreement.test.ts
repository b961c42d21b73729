import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, before, describe, it } from "node:test";
import { createHotMemory, type HotMemory } from "../../src/db/hot-memory.ts";
import { searchEntries } from "../../src/db/near-search.ts";
import type { HotView } from "../../src/db/near-view.ts";
import { fromIndexBits } from "../../src/fingerprint/bit-order.ts";
import { CHUNK_STARTS, CHUNK_WIDTHS } from "../../src/fingerprint/chunks.ts";
import { type Look, SEARCHED_KINDS, type SearchedKind } from "../../src/fingerprint/fingerprint.ts";
import { MATCH_TRANSFORMS } from "../../src/fingerprint/transform.ts";
import { createTestDatabase, quietLogger, type TestDatabase } from "../support/database.ts";
import { takeView } from "../support/hot-memory.ts";
import { bruteMatches } from "../support/near-brute.ts";
import {
  ANYTHING,
  type CorpusEntry,
  type CorpusList,
  flip,
  flipSome,
  insertEntries,
  insertLists,
  lookOf,
  neuralOf,
  randomHash,
  searchAll,
  seededRandom,
} from "../support/near-corpus.ts";
import { sharedData } from "../support/shared-data.ts";

const LIST: CorpusList = { id: 1n, name: "one", pdq: 31, blockhash: 10, match: "robust" };
const ROUNDS = 10;
/** Above this a probing statement of eight hashes has hundreds of thousands of probes. */
const PROBED_UP_TO = 40;
const kernels = ["wasm", "javascript"] as const;

type Random = () => number;
type Hashes = Pick<CorpusEntry, SearchedKind | "trimmed" | "neuralVersion">;

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

  async function compare(
    view: HotView,
    entries: readonly CorpusEntry[],
    looks: readonly Look[],
    list: CorpusList,
    neuralHash = "0".repeat(64),
  ) {
    const neural = neuralOf("a", neuralHash);
    const expected = bruteMatches([list], entries, looks, null, { neural });
    assert.deepEqual(await searchEntries(test.database, { ...ANYTHING, looks, neural, view }), expected, "memory");
    const widest = Math.max(list.pdq, list.blockhash, list.agreement?.blockhash ?? 0, list.neural ?? 0);
    assert.deepEqual(await searchAll(test.database, looks, widest, "scan", { neural }), expected, "scan");
    if (widest <= PROBED_UP_TO)
      assert.deepEqual(await searchAll(test.database, looks, widest, "probe", { neural }), expected, "probe");
    return expected.length;
  }

  async function setThresholds({ pdq, blockhash, agreement, neural, neuralVector }: CorpusList): Promise<void> {
    await test.database.pool.query(
      `update list set pdq_threshold = $1, blockhash_threshold = $2, agreement_pdq_threshold = $3,
         agreement_blockhash_threshold = $4, neural_threshold = $5, neural_vector_threshold = $6`,
      [pdq, blockhash, agreement?.pdq ?? 0, agreement?.blockhash ?? 0, neural ?? 0, neuralVector ?? 2000],
    );
  }

  async function removeAll(): Promise<void> {
    await test.database.pool.query(
      "delete from entry_pdq; delete from entry_blockhash; delete from entry_neural; delete from entry",
    );
  }

  /** Rows of one table that go: whole pictures, trimmed ones, or both of an entry. */
  async function removeRows(kind: SearchedKind, ids: readonly bigint[], variants: readonly number[]): Promise<void> {
    await test.database.pool.query(
      `delete from entry_${kind} where entry_id = any ($1::int8[]) and variant = any ($2::int2[])`,
      [ids.map(String), variants],
    );
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
            const one = () => draw(random, centre);
            const hashes: Hashes = { pdq: one(), blockhash: one(), neural: one(), neuralVersion: "a" };
            const trimmed = random() < 0.3 ? { trimmed: { pdq: one(), blockhash: one() } } : {};
            added.push({ ...hashes, ...trimmed, id: nextId, listId: LIST.id });
            nextId += 1n;
          }
          await insertEntries(test.database, added);
          entries.push(...added);
          const gone = entries.filter(() => random() < 0.1).map(({ id }) => id);
          for (const kind of SEARCHED_KINDS) await removeRows(kind, gone, [0, 1]);
          entries = entries.filter(({ id }) => !gone.includes(id));
          const [unframed, framed] = [0, 1].map(() => entries.filter(() => random() < 0.05).map(({ id }) => id));
          for (const kind of ["pdq", "blockhash"] as const) {
            await removeRows(kind, framed ?? [], [0]);
            await removeRows(kind, unframed ?? [], [1]);
          }
          entries = entries.map(({ pdq, blockhash, trimmed, ...rest }) => ({
            ...rest,
            ...(!framed?.includes(rest.id) && pdq !== undefined && blockhash !== undefined && { pdq, blockhash }),
            ...(!unframed?.includes(rest.id) && trimmed !== undefined && { trimmed }),
          }));
          const bits = () => Math.floor(random() * 65);
          const agreement = { pdq: 2 * bits(), blockhash: bits() };
          const list = {
            ...LIST,
            pdq: bits(),
            blockhash: bits(),
            agreement,
            neural: bits(),
            neuralVector: 10 * bits(),
          };
          await setThresholds(list);
          const looks = MATCH_TRANSFORMS.slice(0, round % 2 === 0 ? 1 : 16).map((transform) => ({
            transform,
            pdq: draw(random, centre),
            blockhash: draw(random, centre),
          }));
          found += await compare(await takeView(memory, test.database), entries, looks, list, draw(random, centre));
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
        const list = { ...LIST, pdq, blockhash: 0 };
        await setThresholds(list);
        for (const needle of await hashesOf("needles.txt")) {
          const looks = [lookOf({ pdq: needle })];
          found += await compare(await takeView(memory, test.database), entries, looks, list);
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
    const hash = entries[0]!.pdq;
    const list = { ...LIST, pdq: 31, blockhash: 64 };
    await setThresholds(list);
    const looks = [lookOf({ pdq: hash, blockhash: hash })];
    assert.equal(await compare(await takeView(memory, test.database), entries, looks, list), 1);
    await memory.close();
  });
});
