import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { AppError } from "../../src/errors.ts";
import { assertCleanError } from "../support/clean-error.ts";
import { detailedPicture } from "../support/pictures.ts";
import { ask, check } from "../support/requests.ts";
import { createGate, script, startScriptedPool, withCode } from "../support/scripted-pool.ts";
import { startService, type TestService } from "../support/service.ts";

describe("room for a new image", () => {
  it("is there where it would wait no longer than allowed, and not beyond", async (t) => {
    const pool = await startScriptedPool(t, { maxExpectedWaitMs: 0 });
    pool.requireRoom(1);
    const gate = await createGate(t);
    const running = pool.fingerprint(script(gate.command), { hold: false });
    // The worker is busy, but nobody waits yet.
    pool.requireRoom(1);
    const waiting = pool.fingerprint(script("number 1"), { hold: false });
    assert.throws(() => pool.requireRoom(1), withCode("overloaded"));
    await gate.open();
    await Promise.all([running, waiting]);
    pool.requireRoom(1);
  });

  it("is less where images take longer", async (t) => {
    const pool = await startScriptedPool(t, { maxExpectedWaitMs: 1_000 });
    const gate = await createGate(t);
    const jobs = [pool.fingerprint(script(gate.command), { hold: false })];
    const fill = () => {
      let waiting = 0;
      for (; waiting < 200; waiting++) {
        try {
          pool.requireRoom(1);
        } catch {
          break;
        }
        jobs.push(pool.fingerprint(script("number 1"), { hold: false }));
      }
      return waiting;
    };
    // An image is taken to need 100 ms before any has run.
    assert.equal(fill(), 11);
    await gate.open();
    await Promise.all(jobs);
  });

  it("is refused with the seconds after which there is some", async (t) => {
    const pool = await startScriptedPool(t, { maxExpectedWaitMs: 2_500, maxQueue: 100 });
    const gate = await createGate(t);
    const jobs = Array.from({ length: 28 }, (_, index) =>
      pool.fingerprint(script(index === 0 ? gate.command : "number 1"), { hold: false }),
    );
    assert.throws(
      () => pool.requireRoom(1),
      (error) => {
        assert.ok(error instanceof AppError);
        assert.equal(error.facts.retryAfterSeconds, 3);
        return true;
      },
    );
    await gate.open();
    await Promise.all(jobs);
  });
});

describe("while there is no room for new images", () => {
  let service: TestService;
  let full = false;
  before(async () => {
    const first = await startService();
    const { workers } = first.context;
    const refusing = Object.assign(Object.create(workers) as typeof workers, {
      requireRoom(bytes: number) {
        if (full) throw new AppError("overloaded", "Expected fewer images to be waiting", { retryAfterSeconds: 2 });
        workers.requireRoom(bytes);
      },
    });
    const second = await startService({ databaseUrl: first.databaseUrl, workers: refusing });
    service = {
      ...second,
      async close() {
        await second.close();
        await first.close();
      },
    };
  });
  after(() => service.close());

  it("repeats and look-ups are answered; a new image is refused, costs nothing and leaves nothing", async () => {
    const { key } = await service.createKey({ name: "eager", scopes: ["check"], quota: { limit: 5, period: "day" } });
    const known = await detailedPicture(1801);
    const fresh = await detailedPicture(1802);
    const first = await check(service, known, { key });
    assert.equal(first.status, 200);
    full = true;
    const refused = await service.request("/v1/images/check", {
      method: "POST",
      headers: { authorization: `Bearer ${key}`, "content-type": "image/png" },
      body: fresh,
    });
    assertCleanError(refused, await refused.text());
    assert.equal(refused.status, 503);
    assert.equal(refused.headers.get("retry-after"), "2");
    const repeat = await check(service, known, { key });
    assert.equal(repeat.status, 200);
    assert.equal(repeat.body.seen.times, 2);
    const { sha256 } = first.body.fingerprint;
    assert.equal((await ask(service, "GET", `/v1/hashes/sha256/${sha256}`, { key })).status, 200);
    full = false;
    const accepted = await check(service, fresh, { key });
    assert.deepEqual([accepted.status, accepted.body.seen.times], [200, 1]);
    assert.equal(accepted.body.quota.remaining, 3);
  });
});
