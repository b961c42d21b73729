import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { AppError } from "../../src/errors.ts";
import { createCredentialThrottle } from "../../src/services/credential-throttle.ts";

const PER_MINUTE = 20;
const MINUTE_MS = 60_000;
const WRONG = new AppError("credentials_invalid", "wrong");
const AWAY = new AppError("database_unavailable", "away");

/** A throttle with a clock of its own, and what its attempts came to. */
function throttleWithClock() {
  const clock = { ms: 1_000_000 };
  const throttle = createCredentialThrottle(PER_MINUTE, () => clock.ms);
  let looks = 0;
  /** Presents a credential; `good` and `away` are what a look at it would find. */
  async function present(address: string, credential: string, found: "good" | "wrong" | "away" = "wrong") {
    const outcome = await throttle
      .run(address, credential, async () => {
        looks += 1;
        await Promise.resolve();
        if (found === "good") return "accepted";
        throw found === "away" ? AWAY : WRONG;
      })
      .catch((error: unknown) => {
        if (error instanceof AppError) return error;
        throw error;
      });
    return outcome instanceof AppError ? outcome.code : outcome;
  }
  return { clock, throttle, present, looks: () => looks };
}

async function spend(present: (address: string, credential: string) => Promise<string>, address: string) {
  for (let guess = 0; guess < PER_MINUTE; guess++) {
    assert.equal(await present(address, `guess ${guess}`), "credentials_invalid");
  }
}

describe("wrong credentials", () => {
  it("are looked at 20 times at once and then one every three seconds, for each address on its own", async () => {
    const { clock, present, looks } = throttleWithClock();
    await spend(present, "192.0.2.1");
    for (let more = 0; more < 50; more++) assert.equal(await present("192.0.2.1", "x"), "credentials_throttled");
    assert.equal(looks(), PER_MINUTE);
    assert.equal(await present("192.0.2.2", "x"), "credentials_invalid");
    for (let second = 1; second <= 60; second++) {
      clock.ms += 1000;
      await present("192.0.2.1", `later ${second}`);
    }
    assert.equal(looks(), 2 * PER_MINUTE + 1);
    clock.ms += 10 * MINUTE_MS;
    await spend(present, "192.0.2.1");
    assert.equal(await present("192.0.2.1", "x"), "credentials_throttled");
  });

  it("are refused with the seconds until the next one is looked at", async () => {
    const { clock, throttle, present } = throttleWithClock();
    await spend(present, "192.0.2.1");
    clock.ms += 1200;
    const refused = throttle.run("192.0.2.1", "x", () => Promise.resolve());
    await assert.rejects(refused, (error: AppError) => {
      assert.deepEqual([error.code, error.facts.retryAfterSeconds], ["credentials_throttled", 2]);
      return true;
    });
  });

  it("get no further 500 at once than one after another, and a right one among them is not looked at", async () => {
    const { present, looks } = throttleWithClock();
    const guesses = Array.from({ length: 500 }, (_, guess) => present("192.0.2.1", `guess ${guess}`));
    const right = present("192.0.2.1", "right", "good");
    const outcomes = await Promise.all(guesses);
    assert.equal(outcomes.filter((code) => code === "credentials_invalid").length, PER_MINUTE);
    assert.equal(outcomes.filter((code) => code === "credentials_throttled").length, 500 - PER_MINUTE);
    assert.equal(await right, "credentials_throttled");
    assert.equal(looks(), PER_MINUTE);
  });
});

describe("good credentials", () => {
  it("all get through, however many come at once from an address nobody knows yet", async () => {
    const { throttle, present } = throttleWithClock();
    const outcomes = await Promise.all(
      Array.from({ length: 500 }, (_, caller) => present("192.0.2.1", `key ${caller}`, "good")),
    );
    assert.deepEqual(new Set(outcomes), new Set(["accepted"]));
    assert.equal(throttle.size().addresses, 0);
  });

  it("known at an address get through while guesses there are refused; new ones do not", async () => {
    const { clock, present } = throttleWithClock();
    assert.equal(await present("192.0.2.1", "neighbour", "good"), "accepted");
    await spend(present, "192.0.2.1");
    assert.equal(await present("192.0.2.1", "neighbour", "good"), "accepted");
    assert.equal(await present("192.0.2.1", "unknown here", "good"), "credentials_throttled");
    assert.equal(await present("192.0.2.2", "unknown here", "good"), "accepted");
    for (let hour = 0; hour < 3; hour++) {
      clock.ms += 59 * MINUTE_MS;
      await spend(present, "192.0.2.1");
      assert.equal(await present("192.0.2.1", "neighbour", "good"), "accepted", "used within the hour");
    }
    clock.ms += 61 * MINUTE_MS;
    await spend(present, "192.0.2.1");
    assert.equal(await present("192.0.2.1", "neighbour", "good"), "credentials_throttled", "not used for an hour");
  });

  it("that end are looked at once more and then no better than a guess", async () => {
    const { present } = throttleWithClock();
    await present("192.0.2.1", "revoked", "good");
    await spend(present, "192.0.2.1");
    assert.equal(await present("192.0.2.1", "revoked", "wrong"), "credentials_invalid");
    assert.equal(await present("192.0.2.1", "revoked", "wrong"), "credentials_throttled");
  });
});

describe("the throttle", () => {
  it("counts no failure of the database, and lets nobody wait for it", async () => {
    const { present, looks } = throttleWithClock();
    const outcomes = await Promise.all(Array.from({ length: 100 }, (_, n) => present("192.0.2.1", `${n}`, "away")));
    assert.deepEqual(new Set(outcomes), new Set(["database_unavailable"]));
    assert.equal(looks(), PER_MINUTE);
    await spend(present, "192.0.2.1");
  });

  it("holds no more for 200,000 addresses than for 50,000, and nothing once a minute has passed", async () => {
    const { clock, throttle, present } = throttleWithClock();
    for (let address = 0; address < 200_000; address++) {
      await present(`2001:db8:${(address >> 16).toString(16)}:${(address & 0xffff).toString(16)}::/64`, "x");
    }
    assert.ok(throttle.size().addresses <= 50_000, `${throttle.size().addresses} addresses`);
    for (let known = 0; known < 60_000; known++) await present("192.0.2.1", `key ${known}`, "good");
    assert.ok(throttle.size().accepted <= 20_000, `${throttle.size().accepted} known credentials`);
    clock.ms += 3 * MINUTE_MS;
    await present("192.0.2.1", "x", "good");
    assert.equal(throttle.size().addresses, 0);
  });

  it("counts nothing where the setting is 0", async () => {
    const throttle = createCredentialThrottle(0);
    for (let guess = 0; guess < 1000; guess++) {
      const wrong = throttle.run("192.0.2.1", "x", () => Promise.reject(WRONG));
      await assert.rejects(wrong, { code: "credentials_invalid" });
    }
    assert.deepEqual(throttle.size(), { addresses: 0, accepted: 0 });
  });
});
