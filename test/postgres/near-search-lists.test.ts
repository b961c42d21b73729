import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { createTestDatabase, type TestDatabase } from "../support/database.ts";
import { insertLists } from "../support/near-corpus.ts";
import { executedPlan, genericPlan, sentStatements } from "../support/near-plans.ts";

let fixture: TestDatabase;
before(async () => {
  fixture = await createTestDatabase();
  await fill();
});
after(() => fixture.drop());

async function fill(): Promise<void> {
  const lists = Array.from({ length: 12 }, (_, i) => ({
    id: BigInt(i + 1),
    name: `list ${i}`,
    pdq: 31,
    blockhash: 31,
  }));
  await insertLists(fixture.database, lists);
  await fixture.database.pool.query(
    `with entries as (
       insert into entry (list_id, identity, source, detail, created_by)
       select 1 + i % 12, int8send(i), 'hashes', 'sufficient', 'test' from generate_series(1, 3000) as i returning id
     )
     insert into entry_pdq select id, ('x' || md5('a' || id) || md5('b' || id))::bit(256) from entries`,
  );
}

test("a search reads its tables once, however many lists there are", async () => {
  const client = await fixture.database.searchPool.connect();
  try {
    for (const strategy of ["probe", "scan"] as const) {
      const [entries] = await sentStatements(fixture.database, strategy);
      assert.ok(entries);
      const reads = (await executedPlan(client, entries)).filter(
        (node) => node["Relation Name"] === "entry_pdq" && node["Node Type"] !== "Index Scan",
      );
      assert.deepEqual(
        reads.map((node) => node["Actual Loops"]),
        [1],
        strategy,
      );
    }
  } finally {
    client.release();
  }
});

test("a search stays in one process, though a large table would be worth several", async () => {
  const client = await fixture.database.searchPool.connect();
  try {
    await client.query(
      "set min_parallel_table_scan_size = 0; set parallel_setup_cost = 0; set parallel_tuple_cost = 0",
    );
    for (const strategy of ["probe", "scan"] as const) {
      for (const statement of await sentStatements(fixture.database, strategy)) {
        const types = (await genericPlan(client, statement)).map((node) => node["Node Type"]);
        assert.ok(!types.includes("Gather") && !types.includes("Gather Merge"), statement.name);
      }
    }
  } finally {
    client.release(true);
  }
});
