import assert from "node:assert/strict";
import { after, before, beforeEach, describe, it } from "node:test";
import { createHotMemory, type HotMemory, type HotMemoryOptions } from "../../src/db/hot-memory.ts";
import { searchedBits } from "../../src/db/near-bits.ts";
import { searchEntries } from "../../src/db/near-search.ts";
import { createTestDatabase, quietLogger, type TestDatabase } from "../support/database.ts";
import { takeView } from "../support/hot-memory.ts";
import {
  ANYTHING,
  type CorpusEntry,
  insertEntries,
  insertLists,
  lookOf,
  randomHash,
  seededRandom,
} from "../support/near-corpus.ts";

const MEBIBYTE = 2 ** 20;

let test: TestDatabase;
let nextId = 1n;
const random = seededRandom(91);
before(async () => {
  test = await createTestDatabase();
  await insertLists(test.database, [{ id: 1n, name: "one", pdq: 31, blockhash: 10 }]);
});
after(() => test.drop());

function draw(rows: number): CorpusEntry[] {
  return Array.from({ length: rows }, () => {
    nextId += 1n;
    return { id: nextId, listId: 1n, pdq: randomHash(random), blockhash: randomHash(random) };
  });
}

async function open(options: Partial<HotMemoryOptions> = {}): Promise<HotMemory> {
  const memory = createHotMemory(test.connection, {
    budgetBytes: 64 * MEBIBYTE,
    hasReplicas: false,
    logger: quietLogger,
    ...options,
  });
  memory.begin(test.database);
  return memory;
}

/** The entries within 31 bits of an entry's PDQ hash, as a check finds them; and whether memory named them. */
async function find(memory: HotMemory, entry: CorpusEntry): Promise<{ ids: bigint[]; fromMemory: boolean }> {
  const view = await takeView(memory, test.database);
  let fromMemory = false;
  const watched: typeof view = {
    ...view,
    async near(...asked) {
      const owners = await view.near(...asked);
      fromMemory = owners !== null;
      return owners;
    },
  };
  const looks = [lookOf({ pdq: entry.pdq ?? "" })];
  const found = await searchEntries(test.database, { ...ANYTHING, looks, view: watched });
  return { ids: found.map(({ entryId }) => entryId), fromMemory };
}

describe("the rows in memory", () => {
  let entries: CorpusEntry[];
  beforeEach(async () => {
    entries = draw(400);
    await insertEntries(test.database, entries);
  });

  it("tell how many they are, and answer for each", async () => {
    const memory = await open();
    for (const entry of entries.slice(0, 20)) {
      assert.deepEqual(await find(memory, entry), { ids: [entry.id], fromMemory: true });
    }
    const { state, tables, bytes, kernel } = memory.facts();
    const { rows } = await test.database.pool.query("select count(*)::int as count from entry_pdq");
    assert.deepEqual([state, kernel, tables[0]?.rows], ["ready", "wasm", rows[0].count]);
    assert.ok(bytes > 0);
    await memory.close();
  });

  it("are whole and trimmed pictures and neural hashes, whether loaded, caught up with or changed one by one", async () => {
    const framed = (rows: number) =>
      draw(rows).map((entry): CorpusEntry => {
        const trimmed = { pdq: randomHash(random), blockhash: randomHash(random) };
        return { ...entry, trimmed, neural: randomHash(random), neuralVersion: "a" };
      });
    const loaded = framed(30);
    await insertEntries(test.database, loaded);
    const memory = await open();
    await takeView(memory, test.database);
    const caughtUp = framed(150);
    await insertEntries(test.database, caughtUp);
    await takeView(memory, test.database);
    const late = framed(20);
    await insertEntries(test.database, late);
    for (const entry of [...loaded, ...caughtUp, ...late]) {
      const found = [entry.trimmed?.pdq, entry.pdq].map((pdq = "") => find(memory, { ...entry, pdq }));
      assert.deepEqual(await Promise.all(found), Array(2).fill({ ids: [entry.id], fromMemory: true }));
      const view = await takeView(memory, test.database);
      const owners = await view.near("entry_neural", [searchedBits("neural", entry.neural ?? "")], 31);
      assert.deepEqual(owners, [Number(entry.id)]);
    }
    const [first, , second, , third] = [...loaded.slice(0, 2), ...caughtUp.slice(0, 2), ...late];
    await test.database.pool.query("delete from entry_pdq where entry_id = $1 and variant = 1", [first!.id]);
    await test.database.pool.query("delete from entry_pdq where entry_id = $1 and variant = 0", [second!.id]);
    await test.database.pool.query("delete from entry_pdq where entry_id = $1", [third!.id]);
    const left = [];
    for (const entry of [first!, second!, third!]) {
      const near = [entry.pdq, entry.trimmed?.pdq].map((pdq = "") => find(memory, { ...entry, pdq }));
      left.push((await Promise.all(near)).map(({ ids }) => ids.length));
    }
    assert.deepEqual(left, [
      [1, 0],
      [0, 1],
      [0, 0],
    ]);
    await memory.close();
  });

  it("are left to the database where the budget is too small, with the same answers", async () => {
    const memory = await open({ budgetBytes: 1000 });
    const [entry] = entries;
    assert.deepEqual(await find(memory, entry!), { ids: [entry!.id], fromMemory: false });
    assert.deepEqual(
      memory
        .facts()
        .tables.filter(({ table }) => table === "entry_pdq" || table === "entry_blockhash")
        .map(({ held }) => held),
      [false, false],
    );
    await memory.close();
  });

  it("are loaded anew where the connection that reads them is lost, and nothing is missed meanwhile", async () => {
    const memory = await open();
    await find(memory, entries[0]!);
    await test.database.pool.query(
      `select pg_terminate_backend(pid) from pg_stat_activity
       where application_name = 'lookalike memory' and datname = current_database()`,
    );
    const many = draw(600);
    await insertEntries(test.database, many);
    for (const entry of [many[0]!, many[599]!, entries[0]!]) {
      assert.deepEqual(await find(memory, entry), { ids: [entry.id], fromMemory: true });
    }
    await memory.close();
  });

  it("follow an emptied table by loading that one anew", async () => {
    const warnings: string[] = [];
    const logger = { ...quietLogger, warn: (_: object, message: string) => warnings.push(message) };
    const memory = await open({ logger });
    const [entry] = entries;
    assert.deepEqual((await find(memory, entry!)).ids, [entry!.id]);
    await test.database.pool.query("truncate entry_pdq");
    assert.deepEqual((await find(memory, entry!)).ids, []);
    const [late] = draw(1);
    await insertEntries(test.database, [late!]);
    assert.deepEqual(await find(memory, late!), { ids: [late!.id], fromMemory: true });
    assert.deepEqual(warnings, []);
    await memory.close();
  });

  it("can be given up at any time while they are loaded", async () => {
    for (let round = 0; round < 5; round++) {
      const memory = await open();
      await memory.close();
      assert.equal(memory.facts().state, "off");
    }
  });
});
