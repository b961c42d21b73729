import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, before, describe, it } from "node:test";
import type { CheckRecord } from "../../src/db/check-payment.ts";
import { claimIdempotencyKey } from "../../src/db/idempotent-requests.ts";
import { refundAbandonedUnits, reserveUnits } from "../../src/db/quota-reservations.ts";
import { recordRepeat } from "../../src/db/record-check.ts";
import { detailedPicture, flatPicture } from "../support/pictures.ts";
import { readQuotaBooks } from "../support/quota-books.ts";
import { ask, check } from "../support/requests.ts";
import { startService, type TestService } from "../support/service.ts";

let service: TestService;
before(async () => {
  service = await startService({ config: { freeCallsPerDay: 100, trustProxy: "1" } });
});
after(() => service.close());

/** Has the statement of that name run, and its answer lost, once. */
async function withLostAnswer(statement: string, work: () => Promise<void>): Promise<void> {
  const { pool } = service.context.db;
  const query = pool.query;
  let lost = false;
  pool.query = (async (...args: unknown[]) => {
    const result = await Reflect.apply(query, pool, args);
    if (lost || !JSON.stringify(args).includes(`"${statement}"`)) return result;
    lost = true;
    throw new Error("Connection terminated unexpectedly");
  }) as typeof query;
  try {
    await work();
    assert.ok(lost, `${statement} ran`);
  } finally {
    pool.query = query;
  }
}

const books = (address: string) => readQuotaBooks(service.context.db.pool, { address });
const from = (address: string, headers = {}) => ({ key: null, headers: { "x-forwarded-for": address, ...headers } });

describe("a charge whose answer was lost", () => {
  for (const statement of ["record_repeat", "record_new_image"]) {
    it(`is not charged again under its Idempotency-Key (${statement})`, async () => {
      const address = statement === "record_repeat" ? "198.51.100.20" : "198.51.100.21";
      const picture = await detailedPicture(statement === "record_repeat" ? 801 : 802);
      if (statement === "record_repeat") await check(service, picture);
      const before = await books(address);
      const once = from(address, { "idempotency-key": randomUUID() });
      await withLostAnswer(statement, async () => {
        assert.ok((await check(service, picture, once)).status >= 500);
      });
      const second = await check(service, picture, once);
      assert.deepEqual([second.status, second.body.quota?.charged], [200, 1]);
      const third = await check(service, picture, once);
      assert.deepEqual([third.body, third.headers.get("idempotent-replayed")], [second.body, "true"]);
      const { used, sighted, reserved } = await books(address);
      assert.deepEqual([used, sighted - before.sighted, reserved], [1, 1, 0]);
    });
  }

  it("keeps its Idempotency-Key from another request", async () => {
    const once = from("198.51.100.22", { "idempotency-key": randomUUID() });
    const picture = await detailedPicture(803);
    await withLostAnswer("record_new_image", async () => {
      assert.ok((await check(service, picture, once)).status >= 500);
    });
    const other = await check(service, await flatPicture("#123456"), once);
    assert.deepEqual([other.status, other.body.code], [422, "idempotency_key_reused"]);
  });
});

describe("a check that stood still until others had taken its place", () => {
  const caller = { address: "198.51.100.23", limit: 1 };
  let imageId: bigint;
  before(async () => {
    await check(service, await flatPicture("#654321"));
    const { rows } = await service.context.db.pool.query("select max(id) as id from image");
    imageId = BigInt(rows[0].id);
  });
  const record = (fields: Pick<CheckRecord, "reservation" | "claim">) =>
    recordRepeat(service.context.db, imageId, { checkId: `chk_${randomUUID()}`, verdict: "allow", caller, ...fields });

  it("is not stored where its units were given back, so that no more are used than there are", async () => {
    const { db } = service.context;
    const late = await reserveUnits(db, caller, 1);
    await db.pool.query("update quota_reservation set expires_at = now() - interval '1 second' where address = $1", [
      caller.address,
    ]);
    assert.equal(await refundAbandonedUnits(db), 1);
    const next = await reserveUnits(db, caller, 1);
    const before = await books(caller.address);
    await assert.rejects(record({ reservation: late, claim: null }), { code: "overloaded" });
    assert.deepEqual(await books(caller.address), before);
    await record({ reservation: next, claim: null });
    assert.deepEqual(await books(caller.address), { ...before, sighted: before.sighted + 1, reserved: 0 });
    assert.equal(await reserveUnits(db, caller, 1), null);
  });

  it("is not stored where its Idempotency-Key has another owner, and keeps its units for giving back", async () => {
    const { db } = service.context;
    const rich = { address: "198.51.100.24", limit: 10 };
    const claimed = async () => await claimIdempotencyKey(db, "address x", "one key", "ab".repeat(32), randomUUID());
    const late = await claimed();
    assert.ok(late.state === "claimed");
    await db.pool.query(
      "update idempotent_request set lease_until = now() - interval '1 second' where key = 'one key'",
    );
    assert.equal((await claimed()).state, "claimed");
    const reservation = await reserveUnits(db, rich, 1);
    const before = await books(rich.address);
    await assert.rejects(record({ reservation, claim: late.claim }), { code: "idempotency_in_progress" });
    assert.deepEqual(await books(rich.address), before);
    assert.equal(before.reserved, 1);
  });
});

it("a repeat that costs nothing is recorded under its Idempotency-Key as any other", async () => {
  const { key } = await service.createKey({ name: "free repeats", quota: { limit: 1, period: "day" } });
  const picture = await flatPicture("#abcdef");
  await check(service, picture);
  const headers = { "idempotency-key": randomUUID() };
  const first = await check(service, picture, { key, headers });
  assert.deepEqual([first.status, first.body.quota.charged], [200, 0]);
  assert.deepEqual((await check(service, picture, { key, headers })).body, first.body);
  assert.equal((await ask(service, "GET", "/v1/quota", { key })).body.remaining, 1);
});
