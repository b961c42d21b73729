import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type pg from "pg";
import { searchImages, searchImagesByOneHash } from "../../src/db/near-images.ts";
import { searchEntries } from "../../src/db/near-search.ts";
import type { NearDatabase } from "../../src/db/near-source.ts";
import { cheaperStrategy, NEAR_TABLES, type NearStrategy } from "../../src/db/near-strategy.ts";
import type { HotView } from "../../src/db/near-view.ts";
import { MATCH_TRANSFORMS } from "../../src/fingerprint/transform.ts";
import { createTestDatabase, type TestDatabase } from "../support/database.ts";
import { ANYTHING, insertLists, neuralOf, randomHash, seededRandom } from "../support/near-corpus.ts";
import { searchedTables } from "../support/near-plans.ts";

interface Statement {
  readonly name: string;
  readonly text: string;
  readonly values: readonly unknown[];
}
interface PlanNode {
  readonly "Node Type": string;
  readonly "Relation Name"?: string;
  readonly "Index Name"?: string;
  readonly Plans?: readonly PlanNode[];
}

let fixture: TestDatabase;
before(async () => {
  fixture = await createTestDatabase();
  await insertLists(fixture.database, [
    { id: 1n, name: "one", pdq: 31, blockhash: 10, agreement: { pdq: 80, blockhash: 31 }, neural: 31 },
  ]);
});
after(() => fixture.drop());

/** Every search there is, as it reaches the server; `given` with the candidates of a memory. */
async function statements(strategy: NearStrategy | "given"): Promise<Statement[]> {
  const sent: Statement[] = [];
  const searchPool = new Proxy(fixture.database.searchPool, {
    get(pool, property) {
      if (property !== "query") return Reflect.get(pool, property, pool);
      return (statement: Statement) => {
        if (!statement.name.startsWith("near_table_")) sent.push(statement);
        return pool.query({ ...statement, values: [...(statement.values ?? [])] });
      };
    },
  });
  const database: NearDatabase = { searchPool };
  const hash = randomHash(seededRandom(4));
  const looks = MATCH_TRANSFORMS.map((transform) => ({ transform, pdq: hash, blockhash: hash }));
  const terms = { ...ANYTHING, looks, neural: neuralOf("a", hash), match: "robust", limit: 10 } as const;
  const expectedReach = { pdq: 31, blockhash: 31, neural: 31 };
  const view: HotView = { widest: { ...expectedReach, neuralAny: 31 }, near: async () => [1, 2, 3] };
  const how = strategy === "given" ? { view } : { strategy };
  const byPdq = looks.slice(0, 8).map((look) => ({ ...look, blockhash: null }));
  for (const asked of [{}, { match: "fast" as const }, { looks: [...looks.slice(0, 1), ...byPdq] }, { looks: byPdq }]) {
    await searchEntries(database, { ...terms, ...asked, expectedReach, ...how });
  }
  for (const thresholds of [expectedReach, { pdq: 31, blockhash: 9 }]) {
    const { comparableVersions } = terms;
    for (const some of [looks, looks.slice(0, 1)])
      await searchImages(database, { looks: some, thresholds, comparableVersions, model: "a", ...how });
  }
  for (const kind of ["pdq", "blockhash"] as const) {
    const { comparableVersions, limit } = terms;
    await searchImagesByOneHash(database, { kind, hash, threshold: 31, comparableVersions, limit, ...how });
  }
  return sent;
}

function nodesOf(plan: PlanNode): PlanNode[] {
  return [plan, ...(plan.Plans ?? []).flatMap(nodesOf)];
}

/** The plan that a session of the search pool makes for the statement, whatever the values. */
async function genericPlan(client: pg.PoolClient, { name, text, values }: Statement): Promise<PlanNode[]> {
  await client.query(`prepare planned as ${text}`);
  try {
    const nulls = values.map(() => "null").join(", ");
    const { rows } = await client.query(`explain (format json) execute planned (${nulls})`);
    const plan: PlanNode = rows[0]["QUERY PLAN"][0].Plan;
    if (name.startsWith("near_both")) assertNearestFirst(plan, name);
    return nodesOf(plan);
  } finally {
    await client.query("deallocate planned");
  }
}

async function assertPlans(): Promise<void> {
  const client = await fixture.database.searchPool.connect();
  try {
    for (const statement of await statements("probe")) {
      const nodes = await genericPlan(client, statement);
      const searched = searchedTables(statement, "probe");
      assert.ok(searched.length > 0, statement.name);
      for (const table of searched) {
        const indexes = nodes.map((node) => node["Index Name"] ?? "").filter((index) => index.startsWith(table));
        const chunks = Array.from({ length: 11 }, (_, chunk) => `${table}_chunk_${chunk}`);
        assert.deepEqual(indexes, [...chunks, ...keysOf(statement, table)], statement.name);
        assert.deepEqual(readsOf(nodes, table), ["Bitmap Heap Scan", ...readsByKey(statement, table)], statement.name);
      }
      assert.equal(nodes.filter((node) => node["Node Type"] === "BitmapOr").length, searched.length, statement.name);
      assertKeyedJoins(nodes, searched, statement.name);
    }
    for (const statement of await statements("scan")) {
      const nodes = await genericPlan(client, statement);
      const searched = searchedTables(statement, "scan");
      for (const table of searched) {
        assert.deepEqual(readsOf(nodes, table), ["Seq Scan", ...readsByKey(statement, table)], statement.name);
      }
      assertKeyedJoins(nodes, searched, statement.name);
    }
    for (const statement of await statements("given")) {
      const nodes = await genericPlan(client, statement);
      const searched = searchedTables(statement, "given");
      assert.ok(searched.length > 0, statement.name);
      for (const table of searched) {
        const indexes = nodes.map((node) => node["Index Name"]).filter((index) => index?.startsWith(table));
        assert.deepEqual(indexes, [`${table}_pkey`, ...keysOf(statement, table)], statement.name);
      }
      assert.ok(nodes.every((node) => node["Node Type"] !== "Seq Scan" || node["Relation Name"] === "list"));
      assertKeyedJoins(nodes, searched, statement.name);
    }
  } finally {
    client.release();
  }
}

function readsOf(nodes: readonly PlanNode[], table: string): string[] {
  return nodes.filter((node) => node["Relation Name"] === table).map((node) => node["Node Type"]);
}

/** Agreement reads PDQ by the key, beside the search of it. */
function keysOf({ text }: Statement, table: string): string[] {
  return table === "entry_pdq" && text.includes("as code from entry_pdq") ? ["entry_pdq_pkey"] : [];
}

function readsByKey(statement: Statement, table: string): string[] {
  return keysOf(statement, table).map(() => "Index Scan");
}

/** The two nearest images are taken from the sorted candidates: an image further away is never looked up. */
function assertNearestFirst(plan: PlanNode, name: string): void {
  const limits = nodesOf(plan).filter((node) => node["Node Type"] === "Limit");
  const kinds = limits.map(({ Plans: [below] = [] }) => (below === undefined ? "" : leftmost(below)));
  assert.deepEqual(kinds, ["Nested Loop", "Nested Loop"], name);
}

/** The node itself, beneath what passes rows on one by one. */
function leftmost(node: PlanNode): string {
  const [below] = node.Plans ?? [];
  const passesOn = ["Result", "Subquery Scan"].includes(node["Node Type"]);
  return passesOn && below !== undefined ? leftmost(below) : node["Node Type"];
}

/** Whatever is joined to the rows found, other than the few lists, is looked up by its key. */
function assertKeyedJoins(nodes: readonly PlanNode[], searched: readonly string[], name: string): void {
  for (const node of nodes) {
    const table = node["Relation Name"];
    if (table === undefined || table === "list" || searched.includes(table)) continue;
    assert.match(node["Node Type"], /^Index (Only )?Scan$/, name);
    assert.equal(node["Index Name"], `${table}_pkey`, name);
  }
}

async function grow(from: number, to: number): Promise<void> {
  const { pool } = fixture.database;
  await pool.query(
    `insert into entry (id, list_id, identity, source, detail, created_by) overriding system value
     select i, 1, int8send(i), 'hashes', 'sufficient', 'test' from generate_series($1::int8, $2::int8) as i`,
    [from, to],
  );
  await pool.query(
    `insert into image (id, sha256, sha1, md5, byte_length, format, width, height, frames, pdq_quality, detail,
       fingerprint_version) overriding system value
     select i, int8send(i), int8send(i), int8send(i), 1, 'png', 1, 1, 1, 100, 'sufficient', 1
     from generate_series($1::int8, $2::int8) as i`,
    [from, to],
  );
  for (const table of NEAR_TABLES) {
    const { rows } = await pool.query<{ name: string; definition: string }>(
      "select indexname as name, indexdef as definition from pg_indexes where tablename = $1 and indexname like '%chunk%'",
      [table],
    );
    // Eleven indexes are made faster than they are kept up.
    for (const { name } of rows) await pool.query(`drop index ${name}`);
    await pool.query(
      `insert into ${table} select i, ('x' || md5('a' || i) || md5('b' || i))::bit(256)
       from generate_series($1::int8, $2::int8) as i`,
      [from, to],
    );
    for (const { definition } of rows) await pool.query(definition);
  }
}

describe("plans of the near search", () => {
  test("on empty tables", assertPlans);

  for (const [before, rows] of [
    [0, 1],
    [1, 2],
    [2, 1000],
    [1000, 100_000],
  ] as const) {
    test(`on ${rows} rows, without statistics of them and with`, async () => {
      await grow(before + 1, rows);
      await assertPlans();
      await fixture.database.pool.query("analyze");
      await assertPlans();
    });
  }

  test("statistics of a table that was small don't matter", async () => {
    await fixture.database.pool.query(
      "truncate entry_pdq, entry_blockhash, entry_neural, image_pdq, image_blockhash; analyze",
    );
    await assertPlans();
  });

  test("a search by sixteen looks, agreement and a neural hash is one statement, as is one of images", async () => {
    const names = (await statements("given")).map(({ name }) => name.split("_", 2).join("_"));
    assert.deepEqual(names, [...Array(4).fill("near_entries"), ...Array(4).fill("near_both"), "near_one", "near_one"]);
    for (const strategy of ["probe", "scan"] as const) {
      const searched = (await statements(strategy)).map(({ name }) => name.split("_", 2).join("_"));
      assert.deepEqual(searched.slice(0, 8), names.slice(0, 8));
    }
  });

  test("the pool's sessions use generic plans for it, made once", async () => {
    for (const strategy of ["probe", "scan", "given"] as const) {
      await statements(strategy);
      await statements(strategy);
    }
    const { rows } = await fixture.database.searchPool.query<{ custom: string; statements: number }>(
      `select sum(custom_plans) as custom, count(*)::int as statements from pg_prepared_statements
       where name like 'near_%' and name not like 'near_table_%'`,
    );
    assert.equal(Number(rows[0]?.custom), 0);
    assert.ok((rows[0]?.statements ?? 0) > 0);
  });
});

describe("choice of the strategy", () => {
  test("of two hashes, the one that needs fewer probes is probed", async () => {
    const names = (await statements("probe")).map(({ name }) => name).filter((name) => name.startsWith("near_both"));
    assert.deepEqual(names, [
      "near_both_image_pdq_probe_16_0",
      "near_both_image_pdq_probe_1_0",
      "near_both_image_blockhash_probe_16_0",
      "near_both_image_blockhash_probe_1_0",
    ]);
  });

  test("a table of a few thousand rows is read, a large one probed", () => {
    assert.equal(cheaperStrategy(0, 1, 31), "scan");
    assert.equal(cheaperStrategy(5_000, 8, 31), "scan");
    assert.equal(cheaperStrategy(100_000, 1, 31), "probe");
    assert.equal(cheaperStrategy(100_000, 8, 31), "probe");
    assert.equal(cheaperStrategy(10_000_000, 8, 31), "probe");
  });

  test("a threshold that needs too many probes is read for, however large the table", () => {
    for (const threshold of [100, 256]) assert.equal(cheaperStrategy(1_000_000_000, 1, threshold), "scan");
    assert.equal(cheaperStrategy(1_000_000_000, 8, 64), "scan");
  });
});
