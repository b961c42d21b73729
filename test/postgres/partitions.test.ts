import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { insertEntry, type NewEntry } from "../../src/db/entries.ts";
import { migrateDatabase } from "../../src/db/migrate.ts";
import { searchImages, searchImagesByOneHash } from "../../src/db/near-images.ts";
import { NEAR_TABLES, nearTableRows } from "../../src/db/near-strategy.ts";
import { recordNewImage } from "../../src/db/record-check.ts";
import { toIndexBits } from "../../src/fingerprint/bit-order.ts";
import { checkedImage, freeCheck } from "../support/checked-image.ts";
import { createTestDatabase, quietLogger, type TestDatabase } from "../support/database.ts";
import { bruteMatches, inAnswerOrder } from "../support/near-brute.ts";
import {
  bruteDistance,
  COMPARABLE_VERSIONS,
  type CorpusEntry,
  flipSome,
  lookOf,
  neuralOf,
  randomHash,
  refill,
  searchAll,
  seededRandom,
} from "../support/near-corpus.ts";
import { genericPlan, searchedTables, sentStatements } from "../support/near-plans.ts";

const PARTITIONS = 3;
const CHUNKS = 11;

async function partition(made: TestDatabase, partitions: number, warnings: object[] = []): Promise<void> {
  const logger = { ...quietLogger, warn: (facts: object) => void warnings.push(facts) };
  await migrateDatabase(made.connection, { logger, fingerprintPartitions: partitions });
}

/** How many common values analyze keeps of each chunk, table by table; of a partitioned one, of each partition. */
async function statisticsTargets({ database }: TestDatabase): Promise<unknown[]> {
  const { rows } = await database.pool.query(
    `select t.relname, string_agg(distinct coalesce(attstattarget, -1)::text, ' ') as targets
     from pg_class as t
     join pg_index on indrelid = t.oid or indrelid in (select relid from pg_partition_tree(t.oid))
     join pg_attribute on attrelid = indexrelid and indkey[attnum - 1] = 0
     where t.oid = any ($1::regclass[]::oid[]) group by 1 order by 1`,
    [NEAR_TABLES],
  );
  return rows;
}

async function countPartitions({ database }: TestDatabase): Promise<number[]> {
  const counted = NEAR_TABLES.map((table) => `(select count(*) from pg_partition_tree('${table}') where isleaf)`);
  const { rows } = await database.pool.query<{ counts: string[] }>(`select array[${counted.join()}] as counts`);
  return rows[0]?.counts.map(Number) ?? [];
}

/** What is defined on the four tables, as the server writes it. */
async function definitions({ database }: TestDatabase): Promise<unknown[]> {
  const { rows } = await database.pool.query<{ definition: string }>(
    `select t.relname || ': ' || definition as definition from pg_class as t cross join lateral (
       select pg_get_indexdef(indexrelid) from pg_index where indrelid = t.oid
       union all select conname || ' ' || pg_get_constraintdef(oid) from pg_constraint where conrelid = t.oid and contype <> 'n'
       union all select pg_get_triggerdef(oid) from pg_trigger where tgrelid = t.oid and not tgisinternal
       union all select format('%s %s %s', attname, format_type(atttypid, atttypmod), attnotnull)
         from pg_attribute where attrelid = t.oid and attnum > 0
     ) as defined (definition) where t.oid = any ($1::regclass[]::oid[]) order by 1`,
    [NEAR_TABLES],
  );
  return rows.map(({ definition }) => definition.replace(" ON ONLY ", " ON "));
}

describe("partitioning the fingerprint tables", () => {
  let plain: TestDatabase;
  let made: TestDatabase;
  before(async () => {
    [plain, made] = await Promise.all([createTestDatabase(), createTestDatabase()]);
  });
  after(() => Promise.all([plain.drop(), made.drop()]));

  test("an empty database gets the number asked for, with everything that the migrations define", async () => {
    await partition(made, PARTITIONS);
    assert.deepEqual(await countPartitions(made), Array(NEAR_TABLES.length).fill(PARTITIONS));
    const defined = await definitions(made);
    assert.ok(defined.length >= NEAR_TABLES.length * (CHUNKS + 4));
    assert.deepEqual(defined, await definitions(plain));
    assert.deepEqual(await statisticsTargets(made), await statisticsTargets(plain));
  });

  test("a second start changes nothing; one that asks for another number says so and changes nothing", async () => {
    const { rows: before } = await made.database.pool.query("select oid from pg_class order by oid");
    const warnings: object[] = [];
    await partition(made, PARTITIONS, warnings);
    assert.deepEqual(warnings, []);
    await partition(made, 5, warnings);
    await partition(made, 1, warnings);
    assert.deepEqual(warnings, [
      { partitions: PARTITIONS, asked: 5 },
      { partitions: PARTITIONS, asked: 1 },
    ]);
    const { rows: after } = await made.database.pool.query("select oid from pg_class order by oid");
    assert.deepEqual(after, before);
  });

  test("tables that have rows stay plain, and the log says so", async () => {
    await refill(
      plain.database,
      [{ id: 1n, name: "one", pdq: 0, blockhash: 0 }],
      [{ id: 1n, listId: 1n, pdq: "0".repeat(64) }],
    );
    const warnings: object[] = [];
    await partition(plain, PARTITIONS, warnings);
    assert.deepEqual(warnings, [{ partitions: 1, asked: PARTITIONS }]);
    assert.deepEqual(await countPartitions(plain), Array(NEAR_TABLES.length).fill(0));
  });
});

describe("a table that a migration has added since", () => {
  let made: TestDatabase;
  before(async () => {
    made = await createTestDatabase();
    await partition(made, PARTITIONS);
    // As a database that was partitioned before there were neural hashes comes out of its migration.
    await made.database.pool.query("drop table entry_neural; create table entry_neural (like entry_pdq including all)");
  });
  after(() => made.drop());

  test("is partitioned like the others, unless it has rows already", async () => {
    const { pool } = made.database;
    await pool.query("insert into entry_neural values (1, repeat('0', 256)::bit(256))");
    const warnings: object[] = [];
    await partition(made, PARTITIONS, warnings);
    assert.deepEqual(warnings, [{ partitions: 1, asked: PARTITIONS }]);
    await pool.query("delete from entry_neural");
    await partition(made, PARTITIONS, warnings);
    assert.deepEqual([await countPartitions(made), warnings.length], [Array(NEAR_TABLES.length).fill(PARTITIONS), 1]);
  });
});

describe("search over three partitions", () => {
  const random = seededRandom(12);
  const centre = randomHash(random);
  const lists = [
    { id: 1n, name: "one", pdq: 31, blockhash: 10, agreement: { pdq: 60, blockhash: 20 } },
    { id: 2n, name: "two", pdq: 12, blockhash: 31, neural: 31, neuralVector: 400, match: "robust" as const },
  ];
  const entries = Array.from({ length: 2000 }, (_, i): CorpusEntry => {
    const near = i % 4 === 0;
    const hash = () => (near ? flipSome(centre, i % 40, random) : randomHash(random));
    const row = {
      id: BigInt(i + 1),
      listId: BigInt(1 + (i % 2)),
      pdq: hash(),
      blockhash: hash(),
      enabled: i % 9 !== 0,
    };
    const trimmed = i % 5 === 0 ? { trimmed: { pdq: hash(), blockhash: hash() } } : {};
    return { ...row, ...trimmed, neural: hash(), neuralVersion: i % 7 === 0 ? "old" : "new" };
  });
  let made: TestDatabase;
  before(async () => {
    made = await createTestDatabase();
    await partition(made, PARTITIONS);
    await refill(made.database, lists, entries);
  });
  after(() => made.drop());

  test("every partition has its share, and the rows of one are what the strategy is chosen by", async () => {
    const { rows } = await made.database.pool.query<{ count: string }>(
      "select count(*) from entry_pdq group by tableoid",
    );
    assert.equal(rows.length, PARTITIONS);
    const estimated = (await nearTableRows(made.database.searchPool)).entry_pdq;
    assert.ok(estimated > 0 && estimated < entries.length, String(estimated));
  });

  test("entries: probing and reading find what comparing everything finds", async () => {
    const queries = [centre, ...Array.from({ length: 20 }, () => entries[Math.floor(random() * entries.length)]?.pdq)];
    let compared = 0;
    for (const hash of queries) {
      const near = flipSome(hash ?? centre, 3, random);
      const looks = [lookOf({ pdq: near, blockhash: near })];
      const terms = { neural: neuralOf("new", near) };
      const expected = bruteMatches(lists, entries, looks, null, terms);
      compared += expected.length;
      for (const strategy of ["probe", "scan"] as const) {
        assert.deepEqual(inAnswerOrder(await searchAll(made.database, looks, 31, strategy, terms)), expected, strategy);
      }
    }
    assert.ok(compared > 100, String(compared));
  });

  test("a search probes the eleven indexes of each partition, in a plan made once for all values", async () => {
    const client = await made.database.searchPool.connect();
    try {
      for (const statement of await sentStatements(made.database, "probe")) {
        const nodes = await genericPlan(client, statement);
        const tables = searchedTables(statement, "probe");
        assert.ok(tables.length > 0, statement.name);
        for (const table of tables) {
          for (let remainder = 0; remainder < PARTITIONS; remainder++) {
            const leaf = `${table}_${remainder}`;
            const reads = nodes.filter((node) => node["Relation Name"] === leaf).map((node) => node["Node Type"]);
            // Agreement reads PDQ by the key, too.
            const byKey = table === "entry_pdq" ? ["Index Scan"] : [];
            assert.deepEqual(reads, ["Bitmap Heap Scan", ...byKey], statement.name);
          }
        }
        assert.equal(
          nodes.filter((node) => node["Node Type"] === "BitmapOr").length,
          PARTITIONS * tables.length,
          statement.name,
        );
        const indexes = nodes.map((node) => node["Index Name"] ?? "").filter((name) => name.includes("_substring_idx"));
        assert.equal(new Set(indexes).size, PARTITIONS * tables.length * CHUNKS, statement.name);
      }
    } finally {
      client.release();
    }
  });
});

describe("writing to three partitions", () => {
  const random = seededRandom(8);
  let made: TestDatabase;
  before(async () => {
    made = await createTestDatabase();
    await partition(made, PARTITIONS);
  });
  after(() => made.drop());

  async function stored(table: string, owner: bigint): Promise<string[]> {
    const column = table.startsWith("entry") ? "entry_id" : "image_id";
    const { rows } = await made.database.pool.query<{ bits: string }>(
      `select bits::text from ${table} where ${column} = $1`,
      [owner],
    );
    return rows.map(({ bits }) => bits);
  }

  test("an entry is found as soon as it is added; adding it again leaves its bits", async () => {
    await made.database.pool.query(
      `insert into list (name, kind, action, pdq_threshold, blockhash_threshold) values ('one', 'disallow', 'block', 31, 31)`,
    );
    const pdq = randomHash(random);
    const fields: NewEntry = {
      listId: 1n,
      identity: "00",
      source: "hashes",
      pdq,
      detail: "sufficient",
      createdBy: "test",
    };
    const event = () => ({ actor: "test", action: "entry.create" as const, subject: "entry", details: {} });
    const bits = [{ kind: "pdq", variant: 0, bits: toIndexBits("pdq", pdq) }] as const;
    const first = await insertEntry(made.database, fields, bits, event);
    const again = await insertEntry(made.database, { ...fields, sha1: "11" }, bits, event);
    assert.deepEqual([first?.outcome, again?.outcome, again?.row.id], ["created", "completed", first?.row.id]);
    const found = await searchAll(made.database, [lookOf({ pdq })], 31);
    assert.deepEqual(
      found.map(({ entryId }) => entryId),
      [first?.row.id],
    );
  });

  test("an image is found by what was recorded last, and no more once it has too little detail", async () => {
    const hashes = { pdq: randomHash(random), blockhash: randomHash(random) };
    const newer = { pdq: randomHash(random), blockhash: randomHash(random) };
    const near = async (hash: string) =>
      (
        await searchImagesByOneHash(made.database, {
          kind: "pdq",
          hash,
          threshold: 31,
          comparableVersions: COMPARABLE_VERSIONS,
          limit: 9,
        })
      ).map((m) => m.imageId);
    const { id } = await recordNewImage(made.database, checkedImage(1, hashes), null, freeCheck());
    assert.deepEqual([await near(hashes.pdq), await near(newer.pdq)], [[id], []]);
    await recordNewImage(made.database, checkedImage(1, newer), null, freeCheck());
    assert.deepEqual([await near(hashes.pdq), await near(newer.pdq)], [[], [id]]);
    assert.equal((await stored("image_blockhash", id)).length, 1);
    await recordNewImage(made.database, checkedImage(1, null), null, freeCheck());
    assert.deepEqual([await stored("image_pdq", id), await stored("image_blockhash", id)], [[], []]);
  });

  test("the nearest seen image is the same as by comparing everything", async () => {
    const images = await Promise.all(
      Array.from({ length: 60 }, async (_, i) => {
        const hash = randomHash(random);
        const { id } = await recordNewImage(
          made.database,
          checkedImage(100 + i, { pdq: hash, blockhash: hash }),
          null,
          freeCheck(),
        );
        return { id, hash };
      }),
    );
    for (const { id, hash } of images) {
      const asked = flipSome(hash, 7, random);
      const thresholds = { pdq: 20, blockhash: 20 };
      const looks = [lookOf({ pdq: asked, blockhash: asked })];
      const near = await searchImages(made.database, { looks, thresholds, comparableVersions: COMPARABLE_VERSIONS });
      assert.deepEqual(near?.nearest.imageId, id);
      assert.equal(near?.nearest.pdqDistance, bruteDistance(asked, hash));
    }
  });
});
