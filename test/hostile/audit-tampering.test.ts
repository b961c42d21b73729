import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import pg from "pg";
import { readAuditHead } from "../../src/db/audit-head.ts";
import type { AuditAnchor, AuditVerdict } from "../../src/services/verify-audit.ts";
import { fillAudit, verifyDatabase, verifyIn } from "../support/audit.ts";
import { TAMPERINGS, type Tampering, tamper } from "../support/audit-tampering.ts";
import { createTestDatabase, type TestDatabase } from "../support/database.ts";
import { seededRandom } from "../support/near-corpus.ts";

// As somebody does who can do everything with the database: with the triggers off.

const ROWS = 300;
const TRIALS = 1_000;

let made: TestDatabase;
let client: pg.Client;
let anchor: AuditAnchor;
before(async () => {
  made = await createTestDatabase();
  await fillAudit(made.database, ROWS);
  client = new pg.Client({ ...made.connection });
  await client.connect();
  const head = await readAuditHead(client);
  assert.ok(head);
  anchor = head;
});
after(async () => {
  await client?.end();
  await made?.drop();
});

/** Does it in a transaction that is rolled back, and gives the verdicts with each of these sets of anchors. */
async function verdictsAfter(work: () => Promise<unknown>, ...anchors: AuditAnchor[][]): Promise<AuditVerdict[]> {
  await client.query("begin");
  try {
    await client.query("alter table audit disable trigger user; alter table audit_head disable trigger user");
    await work();
    const verdicts: AuditVerdict[] = [];
    for (const each of anchors) verdicts.push(await verifyIn(client, each));
    return verdicts;
  } finally {
    await client.query("rollback");
  }
}

describe(`a chain of ${ROWS} rows`, () => {
  it(`shows each of ${TRIALS} random edits, deletions, swaps and insertions, and a cut tail by the anchor`, async (t) => {
    const random = seededRandom(2026);
    const seen = new Map<Tampering, { tried: number; faults: Set<string> }>();
    const undetected: string[] = [];
    for (let trial = 0; trial < TRIALS; trial++) {
      const kind = TAMPERINGS[trial % TAMPERINGS.length] ?? "edit";
      let done = "";
      const anchors = kind === "clean cut" || kind === "rewriting" ? [anchor] : [];
      const [verdict] = await verdictsAfter(async () => {
        done = await tamper(client, kind, ROWS, random);
      }, anchors);
      assert.ok(verdict);
      const counted = seen.get(kind) ?? { tried: 0, faults: new Set() };
      seen.set(kind, counted);
      counted.tried += 1;
      if (verdict.whole) undetected.push(`trial ${trial}: ${done}`);
      else counted.faults.add(verdict.fault);
    }
    assert.deepEqual(undetected, []);
    for (const [kind, { tried, faults }] of seen)
      t.diagnostic(`${kind}: ${tried} of ${tried} (${[...faults].join(", ")})`);
    assert.ok((await verifyDatabase(made.database, [anchor])).whole, "nothing of it is left");
  });

  it("is whole each time it is left alone", async () => {
    for (let trial = 0; trial < 20; trial++)
      assert.deepEqual(await verifyDatabase(made.database, [anchor]), {
        whole: true,
        rows: ROWS,
        head: anchor,
      });
  });

  const named: [string, string, bigint, () => Promise<unknown>][] = [
    ["an edited value", "row_edited", 7n, () => client.query("update audit set actor = 'key_other' where seq = 7")],
    [
      "a value within the details",
      "row_edited",
      9n,
      () => client.query("update audit set details = jsonb_set(details, '{kind}', '\"allow\"') where seq = 9"),
    ],
    [
      "a time moved by a microsecond",
      "row_edited",
      11n,
      () => client.query("update audit set at = at + interval '1 microsecond' where seq = 11"),
    ],
    ["an infinite time", "row_edited", 12n, () => client.query("update audit set at = 'infinity' where seq = 12")],
    ["missing rows", "rows_missing", 20n, () => client.query("delete from audit where seq between 20 and 22")],
    [
      "rows that changed places",
      "row_moved",
      30n,
      () =>
        client.query(
          "update audit set seq = -seq where seq in (30, 41); update audit set seq = case seq when -30 then 41 else 30 end where seq < 0",
        ),
    ],
    [
      "a row that is there twice",
      "row_repeated",
      50n,
      () =>
        client.query(
          "alter table audit drop constraint audit_pkey; insert into audit select * from audit where seq = 50",
        ),
    ],
    [
      "a forged row with a hash that fits it",
      "row_replaced",
      61n,
      () =>
        client.query(
          `update audit set actor = 'key_forged', hash = sha256(convert_to(
           audit_text(prev_hash, seq, at, 'key_forged', action, subject, details, request_id), 'UTF8')) where seq = 60`,
        ),
    ],
    ["a removed tail", "end_differs", 299n, () => client.query("delete from audit where seq >= 299")],
    ["a removed note of the end", "end_differs", 301n, () => client.query("delete from audit_head")],
    ["nothing left of it", "end_differs", 1n, () => client.query("delete from audit")],
  ];
  for (const [what, fault, seq, work] of named) {
    it(`names ${what} and the first row it shows in`, async () => {
      const [verdict] = await verdictsAfter(work, []);
      assert.ok(verdict?.whole === false);
      assert.deepEqual([verdict.fault, verdict.seq], [fault, seq], verdict.detail);
    });
  }

  it("shows a tail that was cut off together with the note of the end by an anchor, and by nothing else", async () => {
    const cut = `delete from audit where seq > 290;
      update audit_head set (seq, hash) = (select seq, hash from audit where seq = 290)`;
    const [plain, anchored] = await verdictsAfter(() => client.query(cut), [], [anchor]);
    assert.ok(plain?.whole);
    assert.ok(anchored?.whole === false);
    assert.deepEqual([anchored.fault, anchored.seq], ["anchor_missing", 291n]);
  });
});
