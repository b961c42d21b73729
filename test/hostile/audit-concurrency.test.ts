import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { after, before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { writeAudit } from "../../src/db/audit-log.ts";
import { inTransaction } from "../../src/db/transaction.ts";
import { countAudit, verifyDatabase } from "../support/audit.ts";
import { compiledProcess } from "../support/compiled-tests.ts";
import { createTestDatabase, type TestDatabase } from "../support/database.ts";

const WRITER = fileURLToPath(compiledProcess("audit-writer"));
const LANES = 8;
const MANY = 15;
const VICTIMS = 2;

let made: TestDatabase;
before(async () => {
  made = await createTestDatabase({ poolSize: 4 });
});
after(() => made?.drop());

interface Writer {
  readonly child: ChildProcess;
  /** Changes that were acknowledged so far, as `<action> <subject>`. */
  readonly acknowledged: string[];
  /** Resolves once it has told of MANY changes; rejects where it ends before. */
  readonly busy: Promise<void>;
  readonly exited: Promise<void>;
}

function startWriter(name: string, ...most: string[]): Writer {
  const args = [WRITER, made.url, name, String(LANES), ...most];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "inherit", "inherit", "ipc"] });
  const acknowledged: string[] = [];
  const exited = new Promise<void>((resolve) => {
    child.once("exit", () => resolve());
  });
  const busy = new Promise<void>((resolve, reject) => {
    child.on("message", (change: string) => {
      if (acknowledged.push(change) === MANY) resolve();
    });
    void exited.then(() => reject(new Error(`The writer ${name} ended by itself`)));
  });
  // Who doesn't wait for it doesn't mind.
  busy.catch(() => {});
  return { child, acknowledged, busy, exited };
}

async function audited(name: string): Promise<string[]> {
  const { rows } = await made.database.pool.query<{ change: string }>(
    "select action || ' ' || subject as change from audit where actor = $1 order by seq",
    [name],
  );
  return rows.map(({ change }) => change);
}

/** Every change that is there has one row, and every row its change. */
async function assertAccounted(): Promise<void> {
  const changed =
    "select 'list.create', name from list union all select 'list.delete', name from list where deleted_at is not null";
  const told = "select action, subject from audit where action in ('list.create', 'list.delete')";
  const { rows } = await made.database.pool.query(
    `((${changed}) except all ${told}) union all (${told} except all (${changed}))`,
  );
  assert.deepEqual(rows, []);
}

describe("the chain under many writers", () => {
  it(`has no gap and no fork with 3 processes that make ${LANES} changes at once each`, async () => {
    const writers = ["a", "b", "c"].map((name) => startWriter(name, "100"));
    await Promise.all(writers.map(({ exited }) => exited));
    let changes = 0;
    for (const [index, { acknowledged }] of writers.entries()) {
      changes += acknowledged.length;
      assert.deepEqual((await audited("abc"[index] ?? "")).sort(), [...acknowledged].sort());
    }
    assert.ok(changes >= 3 * 150);
    const verdict = await verifyDatabase(made.database);
    assert.ok(
      verdict.whole,
      JSON.stringify(verdict, (_, value) => (typeof value === "bigint" ? String(value) : value)),
    );
    assert.deepEqual([verdict.rows, verdict.head.seq], [changes, BigInt(changes)]);
    await assertAccounted();
  });

  it("is whole after writers were killed, with a row for every acknowledged change and no more than were under way", async () => {
    const before = await countAudit(made.database.pool);
    const survivor = startWriter("survivor");
    const names = Array.from({ length: VICTIMS }, (_, index) => `killed-${index}`);
    const victims = names.map((name) => startWriter(name));
    let changes = 0;
    for (const [index, { child, acknowledged, busy, exited }] of victims.entries()) {
      const name = names[index] ?? "";
      await busy;
      child.kill("SIGKILL");
      await exited;
      // What it had under way is committed or rolled back once the server has seen that it is gone.
      await untilGone(name);
      const rows = await audited(name);
      assert.deepEqual(
        acknowledged.filter((change) => !rows.includes(change)),
        [],
      );
      // What it told of last may be lost with it: each lane has at most three changes of one list under way.
      assert.ok(
        rows.length <= acknowledged.length + 3 * LANES,
        `${rows.length} rows, ${acknowledged.length} acknowledged`,
      );
      changes += rows.length;
    }
    await survivor.busy;
    survivor.child.send("stop");
    await survivor.exited;
    const verdict = await verifyDatabase(made.database);
    assert.ok(verdict.whole);
    assert.equal(verdict.rows, before + changes + (await audited("survivor")).length);
    await assertAccounted();
  });

  it("goes on past a client that stands still with the end of the chain in hand", async () => {
    const still = await made.database.pool.connect();
    still.on("error", () => {});
    const ended = new Promise((resolve) => still.once("end", resolve));
    await still.query("begin");
    await still.query("insert into audit (actor, action, subject, details) values ('still', 'list.create', 'a', '{}')");
    const event = { actor: "next", action: "list.create", subject: "b" };
    await inTransaction(made.database, (tx) => writeAudit(tx, event));
    await ended;
    still.release(true);
    assert.deepEqual(await audited("still"), []);
    assert.deepEqual(await audited("next"), ["list.create b"]);
    assert.ok((await verifyDatabase(made.database)).whole);
  });
});

/** Waits until the server has ended every session of a writer. */
async function untilGone(name: string): Promise<void> {
  await made.database.pool.query(
    `do $$ begin
       while exists (select from pg_stat_activity where application_name = '${name}' and datname = current_database()) loop
         perform pg_sleep(0.01), pg_stat_clear_snapshot();
       end loop;
     end $$`,
  );
}
