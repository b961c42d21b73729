import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { type Database, openDatabase } from "../../src/db/client.ts";
import { claimImage, isImageClaimed, releaseImageClaim } from "../../src/db/image-claims.ts";
import { inTransaction } from "../../src/db/transaction.ts";
import { AppError } from "../../src/errors.ts";
import { createTestDatabase, quietLogger, type TestDatabase } from "../support/database.ts";
import { type FaultyPostgres, startFaultyPostgres } from "../support/faulty-postgres.ts";

let own: TestDatabase;
let proxy: FaultyPostgres;
before(async () => {
  own = await createTestDatabase();
  proxy = await startFaultyPostgres(own.url);
});
after(async () => {
  await proxy.close();
  await own.drop();
});

async function open(poolSize: number, statementTimeoutMs: number): Promise<Database> {
  const connection = { connectionString: proxy.url };
  return await openDatabase(connection, {
    poolSize,
    statementTimeoutMs,
    logger: quietLogger,
    applicationName: "lookalike",
  });
}

describe("connections", () => {
  it("that are idle are dropped, of all pools, once the network has lost the server", async (t) => {
    const db = await open(4, 2_000);
    t.after(() => db.close());
    await Promise.all(Array.from({ length: 4 }, () => db.pool.query("select pg_sleep(0.05)")));
    await db.searchPool.query("select 1");
    assert.ok(db.pool.idleCount > 1 && db.searchPool.idleCount === 1);
    proxy.arm("server_hang", 1);
    await assert.rejects(db.pool.query("select 1"), /Query read timeout/);
    proxy.heal();
    // All at once: each would have to wait for a dead connection of its own.
    const asked = Array.from({ length: 4 }, () => db.pool.query("select 1"));
    await Promise.all([...asked, db.searchPool.query("select 1")]);
  });

  it("of a failed transaction don't keep others waiting, also where the server says no goodbye", async (t) => {
    const db = await open(1, 2_000);
    t.after(() => db.close());
    const failed = inTransaction(db, async (tx) => {
      await tx.execute("select 1");
      proxy.breakDown("server_hang");
      proxy.heal();
      waiting = db.pool.query("select 1 as one");
      throw new AppError("list_exists", "Expected another name");
    });
    let waiting: Promise<{ rows: unknown[] }> | undefined;
    await assert.rejects(failed, { code: "list_exists" });
    assert.deepEqual((await waiting)?.rows, [{ one: 1 }]);
  });

  it("of housekeeping may be busy for longer than a request's, and not for longer than the service runs", async () => {
    const db = await open(1, 2_000);
    await assert.rejects(db.pool.query("select pg_sleep(3)"));
    assert.equal((await db.patient.pool.query("select pg_sleep(3)")).rowCount, 1);
    const endless = assert.rejects(db.patient.pool.query("select pg_sleep(60)"));
    while (db.patient.pool.idleCount > 0) await delay(1);
    await db.close();
    await endless;
  });
});

describe("a ping", () => {
  it("fails where every connection is busy and none comes back, and not where they do", async (t) => {
    const db = await open(2, 30_000);
    t.after(() => db.close());
    assert.equal(await db.ping(), true);
    const held = [await db.pool.connect(), await db.pool.connect()];
    assert.equal(await db.ping(), true, "one came back a moment ago");
    const start = performance.now();
    while (await db.ping()) {
      assert.ok(performance.now() - start < 3_000, "still called ready");
      await delay(20);
    }
    held.pop()?.release();
    assert.equal(await db.ping(), true);
    held.pop()?.release();
  });

  it("fails where the server can't be written to", async (t) => {
    const db = await open(1, 2_000);
    t.after(() => db.close());
    await db.pool.query("set default_transaction_read_only = on");
    assert.equal(await db.ping(), false);
  });

  it("is one statement, however many ask", async (t) => {
    const db = await open(2, 2_000);
    t.after(() => db.close());
    proxy.arm("hang", Number.MAX_SAFE_INTEGER);
    assert.deepEqual(await Promise.all([db.ping(), db.ping(), db.ping()]), [true, true, true]);
    proxy.heal();
    assert.equal(proxy.statements(), 1);
  });
});

describe("a claim on an image", () => {
  it("that outlived its work is taken over by its own process at once, and by no other; its late release ends no other", async () => {
    const db = own.database;
    const sha256 = "cd".repeat(32);
    const lost = { processId: "one", claimId: "lost" };
    const next = { processId: "one", claimId: "next" };
    assert.equal(await claimImage(db, sha256, lost), true);
    assert.equal(await claimImage(db, sha256, { processId: "two", claimId: "lost" }), false);
    assert.equal(await claimImage(db, sha256, next), true);
    await releaseImageClaim(db, sha256, lost);
    assert.equal(await isImageClaimed(db, "sha256", sha256), true);
    await releaseImageClaim(db, sha256, next);
    assert.equal(await isImageClaimed(db, "sha256", sha256), false);
  });
});
