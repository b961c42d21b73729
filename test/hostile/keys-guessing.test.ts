import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { newKeyToken, newSecret } from "../../src/services/api-key-token.ts";
import { assertCleanError } from "../support/clean-error.ts";
import { startService, type TestService } from "../support/service.ts";

/** One comes back every ten seconds: a slow machine changes nothing. */
const PER_MINUTE = 6;
const AT_ONCE = 200;

/** A wrong key of each kind that a guesser may send; the first two are refused without a look-up. */
const GUESSES = [
  () => `wrong-admin-key-${Math.random()}`,
  () => `${newKeyToken().token.slice(0, -1)}_`,
  () => newKeyToken().token,
  () => newSecret("key_admin0000000").token,
];

let addresses = 0;
/** One that no other test uses; the tests are their own trusted proxy. */
const newAddress = () => `203.0.113.${++addresses}`;

describe("guessing keys", () => {
  let service: TestService;
  before(async () => {
    service = await startService({ config: { authFailuresPerMinute: PER_MINUTE, trustProxy: "1" } });
  });
  after(() => service.close());

  async function present(address: string, headers: Record<string, string>, path = "/v1/quota") {
    const response = await fetch(service.url + path, { headers: { "x-forwarded-for": address, ...headers } });
    return { status: response.status, headers: response.headers, text: await response.text() };
  }
  const bearer = (key: string) => ({ authorization: `Bearer ${key}` });

  /** Sends wrong keys until none is looked at any more, and gives how many that took. */
  async function exhaust(address: string): Promise<number> {
    for (let sent = 1; ; sent++) {
      if ((await present(address, bearer(`guess ${sent}`))).status === 429) return sent;
      assert.ok(sent < 5 * PER_MINUTE, "never refused");
    }
  }

  it("gets 429 with Retry-After after a few wrong ones, of whatever kind and however they are sent", async () => {
    const basic = (secret: string) => `Basic ${Buffer.from(`key_admin:${secret}`).toString("base64")}`;
    for (const guess of GUESSES) {
      for (const headers of [() => bearer(guess()), () => ({ authorization: basic(guess()) })]) {
        const address = newAddress();
        const statuses: number[] = [];
        for (let sent = 0; sent < PER_MINUTE + 10; sent++) {
          const { status, headers: answered, text } = await present(address, headers());
          assertCleanError({ status, headers: answered }, text);
          statuses.push(status);
          if (status !== 429) continue;
          const seconds = Number(answered.get("retry-after"));
          assert.ok(seconds >= 1 && seconds <= 10, `${seconds} s`);
        }
        assert.deepEqual(new Set(statuses.slice(0, PER_MINUTE)), new Set([401]));
        assert.ok(statuses.includes(429));
      }
    }
  });

  it(`lets ${AT_ONCE} guesses at once get no further, the admin key itself among them`, async () => {
    const address = newAddress();
    const guesses = Array.from({ length: AT_ONCE }, () => present(address, bearer(newKeyToken().token)));
    const right = present(address, bearer(service.adminKey));
    const answers = await Promise.all(guesses);
    const looked = answers.filter(({ status }) => status === 401).length;
    assert.ok(looked <= PER_MINUTE + 2, `${looked} were looked at`);
    assert.equal(answers.length - looked, answers.filter(({ status }) => status === 429).length);
    assert.equal((await right).status, 429);
  });

  it("tells nothing any more: a right key that was never used from there is answered as a wrong one", async () => {
    const address = newAddress();
    const { key } = await service.createKey({ name: "believed elsewhere" });
    assert.equal((await present(newAddress(), bearer(key))).status, 200);
    await exhaust(address);
    const answers = [key, service.adminKey, newKeyToken().token, "x"].map(async (guess) => {
      const { status, text } = await present(address, { ...bearer(guess), "x-request-id": "same" });
      return `${status} ${text.replace(/"retry_after_seconds":\d+/, "")}`;
    });
    assert.equal(new Set(await Promise.all(answers)).size, 1);
  });

  it("locks out neither keys known at that address, nor callers without a key, nor other addresses", async () => {
    const address = newAddress();
    const { id, key, secret } = await service.createKey({ name: "neighbour" });
    assert.equal((await present(address, bearer(key))).status, 200);
    await exhaust(address);
    assert.equal((await present(address, bearer(key))).status, 200);
    const otherForm = { authorization: `Basic ${Buffer.from(`${id}:${secret}`).toString("base64")}` };
    assert.equal((await present(address, otherForm)).status, 429, "this very credential, not whatever names the key");
    assert.equal((await present(address, {})).status, 200);
    assert.equal((await present(newAddress(), bearer(service.adminKey))).status, 200);
  });

  it("counts all of an IPv6 /64 as one address", async () => {
    for (let host = 1; host <= PER_MINUTE + 5; host++) {
      await present(`2001:db8:0:7::${host.toString(16)}`, bearer("x"));
    }
    assert.equal((await present("2001:db8:0:7:ffff::1", bearer("x"))).status, 429);
    assert.equal((await present("2001:db8:0:8::1", bearer("x"))).status, 401);
  });

  it("does not believe an address that a client writes into X-Forwarded-For itself", async () => {
    const real = newAddress();
    for (let guess = 0; guess < PER_MINUTE + 5; guess++) {
      await present(`198.51.100.${guess}, ${real}`, bearer("x"));
    }
    assert.equal((await present(`198.51.100.200, ${real}`, bearer("x"))).status, 429);
  });

  it("is answered in the vendor's own words on its surface, and counts there too", async () => {
    const address = newAddress();
    const path = `/api/hash/${"0".repeat(40)}`;
    let busy = 0;
    for (let guess = 0; guess < PER_MINUTE + 10; guess++) {
      const { status, text } = await present(address, { NSFWKEY: newKeyToken().token }, path);
      assert.equal(status, 200);
      const answer = JSON.parse(text) as { status: string; reason: string };
      assert.equal(answer.status, "ERR");
      if (/^Too many wrong API keys/.test(answer.reason)) busy += 1;
      else assert.match(answer.reason, /not been analyzed/);
    }
    assert.ok(busy >= 8, `${busy} of 16 refused`);
    assert.equal((await present(address, bearer("x"))).status, 429);
  });

  it("is counted in the metrics", async () => {
    const before = await present(newAddress(), bearer(service.adminKey), "/metrics");
    const count = (text: string, reason: string) =>
      Number(new RegExp(`lookalike_credential_refusals_total{reason="${reason}"} (\\d+)`).exec(text)?.[1] ?? 0);
    const sent = await exhaust(newAddress());
    const { text } = await present(newAddress(), bearer(service.adminKey), "/metrics");
    const invalid = count(text, "invalid") - count(before.text, "invalid");
    const throttled = count(text, "throttled") - count(before.text, "throttled");
    assert.ok(invalid >= PER_MINUTE);
    assert.deepEqual([invalid + throttled, throttled], [sent, 1]);
  });
});
