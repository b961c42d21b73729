import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { readConfig } from "../../src/config.ts";
import {
  forgetRestoredAllowances,
  refundAbandonedUnits,
  refundUnits,
  reserveUnits,
} from "../../src/db/quota-reservations.ts";
import { createLogger } from "../../src/logger.ts";
import { createWorkerPool, type WorkerPool } from "../../src/worker/pool.ts";
import { detailedPicture, flatPicture } from "../support/pictures.ts";
import { ask, check } from "../support/requests.ts";
import { startService, type TestService } from "../support/service.ts";

let workers: WorkerPool;
let service: TestService;
before(async () => {
  workers = createWorkerPool({
    workers: 1,
    maxQueue: 2000,
    modelPath: readConfig({}).modelPath,
    logger: createLogger("silent"),
  });
  service = await startService({ workers, config: { freeCallsPerDay: 3, trustProxy: "1", databaseTimeoutMs: 30_000 } });
});
after(async () => {
  await service.close();
  await workers.close();
});

/** Small images that differ in their bytes and cost next to nothing to decode. */
async function smallImages(count: number, colour: string): Promise<Buffer[]> {
  const base = await flatPicture(colour, 8, 8);
  // Bytes behind the end of a PNG change its digests and nothing else.
  return Array.from({ length: count }, (_, index) => Buffer.concat([base, Buffer.from(`#${index}`)]));
}

describe("quota of a key", () => {
  it("charges a new image 1 unit, a repeat of its bytes and a look-up nothing", async () => {
    const { key } = await service.createKey({ name: "costs", quota: { limit: 5, period: "day" } });
    const picture = await detailedPicture(11);
    const first = await check(service, picture, { key });
    assert.deepEqual([first.body.quota.charged, first.body.quota.remaining, first.body.quota.limit], [1, 4, 5]);
    const again = await check(service, picture, { key });
    assert.deepEqual([again.body.quota.charged, again.body.quota.remaining], [0, 4]);
    const found = await ask(service, "GET", `/v1/hashes/sha1/${first.body.fingerprint.sha1}`, { key });
    assert.deepEqual([found.body.quota.charged, found.body.quota.remaining], [0, 4]);
    assert.equal(found.body.known, true);
  });

  it("charges nothing for what fails", async () => {
    const { key } = await service.createKey({ name: "failures", quota: { limit: 1, period: "day" } });
    const failed = await check(service, Buffer.from("not an image"), { key });
    assert.equal(failed.status, 422);
    const unreachable = await ask(service, "POST", "/v1/images/check", { key, body: { url: "http://127.0.0.1:1/x" } });
    assert.equal(unreachable.status, 422);
    assert.equal((await ask(service, "GET", "/v1/quota", { key })).body.remaining, 1);
  });

  it("answers quota_exceeded with Retry-After to the end of the period, and still serves repeats", async () => {
    const { key } = await service.createKey({ name: "spent", quota: { limit: 1, period: "day" } });
    const [first, second] = await smallImages(2, "#010203");
    assert.equal((await check(service, first!, { key })).status, 200);
    const refused = await check(service, second!, { key });
    assert.equal(refused.status, 429);
    assert.equal(refused.body.code, "quota_exceeded");
    const seconds = Number(refused.headers.get("retry-after"));
    const untilMidnight = (Math.ceil(Date.now() / 86_400_000) * 86_400_000 - Date.now()) / 1000;
    assert.ok(Math.abs(seconds - untilMidnight) < 60, `${seconds} is not ${untilMidnight}`);
    assert.equal((await check(service, first!, { key })).status, 200);
  });

  it("gives 64 parallel clients exactly 400 of 400 units", async () => {
    const { key, id } = await service.createKey({ name: "exact", quota: { limit: 400, period: "month" } });
    const images = await smallImages(600, "#102030");
    let accepted = 0;
    let refused = 0;
    async function client(): Promise<void> {
      for (let image = images.pop(); image !== undefined; image = images.pop()) {
        const { status } = await check(service, image, { key, query: "?classify=never" });
        if (status === 200) accepted += 1;
        else if (status === 429) refused += 1;
        // Where this machine is busy the service is at its limit: nothing was done, and the image is sent again.
        else if (status === 503) images.push(image);
        else assert.fail(`unexpected status ${status}`);
      }
    }
    await Promise.all(Array.from({ length: 64 }, client));
    assert.deepEqual([accepted, refused], [400, 200]);
    assert.equal((await ask(service, "GET", "/v1/quota", { key })).body.remaining, 0);
    const usage = await ask(service, "GET", `/v1/keys/${id}/usage`);
    assert.equal(usage.body.units, 400);
    assert.equal(usage.body.days[0].new_images, 400);
  });

  it("starts a new period with nothing used", async () => {
    const { key, id } = await service.createKey({ name: "periods", quota: { limit: 1, period: "month" } });
    const [first, second] = await smallImages(2, "#302010");
    await check(service, first!, { key });
    assert.equal((await check(service, second!, { key })).status, 429);
    await service.context.db.pool.query(
      "update api_key set period_started_at = period_started_at - interval '1 month' where id = $1",
      [id],
    );
    assert.equal((await ask(service, "GET", "/v1/quota", { key })).body.remaining, 1);
    assert.equal((await check(service, second!, { key })).status, 200);
    assert.equal((await ask(service, "GET", "/v1/quota", { key })).body.remaining, 0);
  });

  it("keeps a stock until an admin refills it", async () => {
    const { key, id } = await service.createKey({ name: "stock", quota: { limit: 1, period: "none" } });
    const [first, second] = await smallImages(2, "#405060");
    await check(service, first!, { key });
    const refused = await check(service, second!, { key });
    assert.equal(refused.status, 429);
    assert.equal(refused.headers.get("retry-after"), null);
    const refilled = await ask(service, "PATCH", `/v1/keys/${id}`, { body: { refill: 4 } });
    assert.deepEqual(refilled.body.quota, { limit: 5, period: "none", used: 1 });
    assert.equal((await check(service, second!, { key })).body.quota.remaining, 3);
  });

  it("gives back what a process that died had reserved", async () => {
    const { key, id } = await service.createKey({ name: "abandoned", quota: { limit: 2, period: "day" } });
    await service.context.db.pool.query(
      `with taken as (update api_key set used = used + 2, period_started_at = date_trunc('day', now(), 'UTC') where id = $1
         returning id, period_started_at)
       insert into quota_reservation (key_id, units, period_started_at, expires_at)
       select id, 2, period_started_at, now() - interval '1 second' from taken`,
      [id],
    );
    assert.equal((await ask(service, "GET", "/v1/quota", { key })).body.remaining, 0);
    assert.equal(await refundAbandonedUnits(service.context.db), 1);
    assert.equal((await ask(service, "GET", "/v1/quota", { key })).body.remaining, 2);
  });
});

describe("free allowance of an address", () => {
  const from = (address: string) => ({ key: null, headers: { "x-forwarded-for": address } });

  it("costs 1 for a new and for a repeated image, nothing for a look-up, and ends at FREE_CALLS_PER_DAY", async () => {
    const [image] = await smallImages(1, "#aa0000");
    const charges: number[] = [];
    for (let call = 0; call < 3; call++)
      charges.push((await check(service, image!, from("198.51.100.7"))).body.quota.charged);
    assert.deepEqual(charges, [1, 1, 1]);
    const refused = await check(service, image!, from("198.51.100.7"));
    assert.equal(refused.status, 429);
    const seconds = Number(refused.headers.get("retry-after"));
    assert.ok(seconds > 86_000 && seconds <= 86_400, `${seconds} is not about a day`);
    const looked = await ask(service, "GET", `/v1/hashes/sha1/${"0".repeat(40)}`, from("198.51.100.7"));
    assert.deepEqual([looked.status, looked.body.quota.charged], [200, 0]);
    assert.equal((await check(service, image!, from("198.51.100.8"))).status, 200);
  });

  it("counts IPv6 by its /64", async () => {
    const [image] = await smallImages(1, "#00aa00");
    for (const host of ["1", "2", "3"]) await check(service, image!, from(`2001:db8:7:7::${host}`));
    assert.equal((await check(service, image!, from("2001:db8:7:7:ffff::9"))).status, 429);
    assert.equal((await check(service, image!, from("2001:db8:7:8::1"))).status, 200);
  });

  it("comes back 24 hours after the last costed call, which failed calls do not put off", async () => {
    const [image] = await smallImages(1, "#0000aa");
    for (let call = 0; call < 3; call++) await check(service, image!, from("198.51.100.9"));
    await service.context.db.pool.query(
      "update free_allowance set last_costed_at = last_costed_at - interval '24 hours' where address = '198.51.100.9'",
    );
    const failed = await check(service, Buffer.from("not an image"), from("198.51.100.9"));
    assert.equal(failed.status, 422);
    const quota = await ask(service, "GET", "/v1/quota", from("198.51.100.9"));
    assert.deepEqual(quota.body, { remaining: 3, limit: 3, resets_at: null });
    assert.equal((await check(service, image!, from("198.51.100.9"))).body.quota.remaining, 2);
  });

  it("refuses nobody for whom it comes back while the refusal is made", async () => {
    const { pool } = service.context.db;
    const [image] = await smallImages(1, "#0b0c0d");
    for (let call = 0; call < 3; call++) await check(service, image!, from("198.51.100.13"));
    const query = pool.query;
    pool.query = (async (...args: unknown[]) => {
      const result = await Reflect.apply(query, pool, args);
      if (result.rowCount === 0 && JSON.stringify(args).includes('"reserve_free"')) {
        const back =
          "update free_allowance set last_costed_at = now() - interval '24 hours' where address = '198.51.100.13'";
        await Reflect.apply(query, pool, [back]);
      }
      return result;
    }) as typeof query;
    try {
      const answer = await check(service, image!, from("198.51.100.13"));
      assert.deepEqual([answer.status, answer.body.quota?.remaining], [200, 2]);
    } finally {
      pool.query = query;
    }
  });

  it("takes no refund from the day before", async () => {
    const { pool } = service.context.db;
    const caller = { address: "198.51.100.11", limit: 3 };
    const [image] = await smallImages(1, "#0a0b0c");
    await check(service, image!, from(caller.address));
    const early = await reserveUnits(service.context.db, caller, 1);
    await pool.query("update free_allowance set last_costed_at = now() - interval '24 hours' where address = $1", [
      caller.address,
    ]);
    await check(service, image!, from(caller.address));
    await refundUnits(service.context.db, early!);
    assert.equal((await ask(service, "GET", "/v1/quota", from(caller.address))).body.remaining, 2);
  });

  it("is forgotten once it is whole again, and not before", async () => {
    const [image] = await smallImages(1, "#0d0e0f");
    const rows = async () =>
      (await service.context.db.pool.query("select from free_allowance where address = '198.51.100.12'")).rowCount;
    await check(service, image!, from("198.51.100.12"));
    await forgetRestoredAllowances(service.context.db);
    assert.equal(await rows(), 1);
    await service.context.db.pool.query(
      "update free_allowance set last_costed_at = now() - interval '24 hours' where address = '198.51.100.12'",
    );
    await forgetRestoredAllowances(service.context.db);
    assert.equal(await rows(), 0);
  });

  it("gives 40 parallel calls of one address exactly its allowance", async () => {
    const images = await smallImages(40, "#00ffaa");
    const answers = await Promise.all(images.map((image) => check(service, image, from("198.51.100.10"))));
    assert.equal(answers.filter(({ status }) => status === 200).length, 3);
    assert.equal(answers.filter(({ status }) => status === 429).length, 37);
  });
});
