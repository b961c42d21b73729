import assert from "node:assert/strict";
import test from "node:test";
import { openDatabase } from "../../src/db/client.ts";
import { migrateDatabase } from "../../src/db/migrate.ts";
import { fillAudit, verifyDatabase } from "../support/audit.ts";
import { createEmptyDatabase, quietLogger } from "../support/database.ts";
import { BEFORE_AUDIT_CHAIN, withMigrationsUpTo } from "../support/earlier-migrations.ts";

test("the rows of a database of the version before are chained in the order of their ids, and say what they said", async (t) => {
  const made = await createEmptyDatabase();
  t.after(made.drop);
  await withMigrationsUpTo(BEFORE_AUDIT_CHAIN, (migrationsFolder) =>
    migrateDatabase(made.connection, { logger: quietLogger, migrationsFolder }),
  );
  const database = await openDatabase(made.connection, { poolSize: 2, logger: quietLogger, applicationName: "test" });
  t.after(() => database.close());
  const { pool } = database;
  // Ids have gaps where a transaction failed, and rows needn't lie in their order.
  await pool.query(
    `insert into audit (id, at, actor, action, subject, details) overriding system value
     select id, timestamptz '2026-01-01' + id * interval '1.000001 second', 'key_' || id, 'list.create', E'a "b" \\\\ \\n ü', jsonb_build_object('n', id)
     from unnest(array[9, 2, 40, 3, 700]) as id`,
  );
  const said = "at, actor, action, subject, details from audit order by at";
  const before = (await pool.query(`select ${said}`)).rows;
  await migrateDatabase(made.connection, { logger: quietLogger });
  assert.deepEqual((await pool.query(`select ${said}`)).rows, before);
  const { rows } = await pool.query("select seq::int as seq, actor, request_id from audit order by seq");
  assert.deepEqual(
    rows,
    [2, 3, 9, 40, 700].map((id, index) => ({ seq: index + 1, actor: `key_${id}`, request_id: null })),
  );
  await fillAudit(database, 2);
  const verdict = await verifyDatabase(database);
  assert.ok(verdict.whole);
  assert.equal(verdict.rows, 7);
});
