import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, before, describe, it } from "node:test";
import { detailedPicture } from "../support/pictures.ts";
import { ask, check } from "../support/requests.ts";
import { startService, type TestService } from "../support/service.ts";

let service: TestService;
before(async () => {
  service = await startService();
});
after(() => service.close());

const once = (key: string) => ({ "idempotency-key": key });

describe("Idempotency-Key", () => {
  it("gives 8 concurrent and later duplicates one identical answer and one charge", async () => {
    const { key } = await service.createKey({ name: "retries", quota: { limit: 10, period: "day" } });
    const picture = await detailedPicture(401);
    const headers = once(randomUUID());
    const answers = await Promise.all(Array.from({ length: 8 }, () => check(service, picture, { key, headers })));
    answers.push(await check(service, picture, { key, headers }));
    for (const { status, body } of answers) {
      assert.equal(status, 200);
      assert.deepEqual(body, answers[0]?.body);
    }
    assert.equal(answers[0]?.body.quota.charged, 1);
    assert.equal(answers.filter(({ headers }) => headers.get("idempotent-replayed") === "true").length, 8);
    assert.equal((await ask(service, "GET", "/v1/quota", { key })).body.remaining, 9);
    const { rows } = await service.context.db.pool.query(
      "select times_seen from image where encode(sha256, 'hex') = $1",
      [answers[0]?.body.fingerprint.sha256],
    );
    assert.equal(Number(rows[0].times_seen), 1);
  });

  it("makes a retry without a key free, too", async () => {
    const picture = await detailedPicture(402);
    const headers = once(randomUUID());
    const first = await check(service, picture, { key: null, headers });
    const second = await check(service, picture, { key: null, headers });
    assert.deepEqual(second.body, first.body);
    const { body } = await ask(service, "GET", "/v1/quota", { key: null });
    assert.equal(body.remaining, first.body.quota.remaining);
  });

  it("knows the same form by its content, whatever its boundary", async () => {
    const picture = await detailedPicture(403);
    const headers = once(randomUUID());
    const send = () => {
      const form = new FormData();
      form.set("image", new Blob([new Uint8Array(picture)]), "x.png");
      return ask(service, "POST", "/v1/images/check", { body: form, headers });
    };
    assert.deepEqual((await send()).body, (await send()).body);
  });

  it("refuses another body or another route with 422", async () => {
    const headers = once(randomUUID());
    await check(service, await detailedPicture(404), { headers });
    const other = await check(service, await detailedPicture(405), { headers });
    assert.deepEqual([other.status, other.body.code], [422, "idempotency_key_reused"]);
    const route = await check(service, await detailedPicture(404), { headers, query: "?classify=never" });
    assert.deepEqual([route.status, route.body.code], [422, "idempotency_key_reused"]);
  });

  it("is another key for another caller", async () => {
    const headers = once(randomUUID());
    const one = await service.createKey({ name: "one" });
    const two = await service.createKey({ name: "two" });
    const first = await check(service, await detailedPicture(406), { key: one.key, headers });
    const second = await check(service, await detailedPicture(407), { key: two.key, headers });
    assert.deepEqual([first.status, second.status], [200, 200]);
    assert.notEqual(first.body.id, second.body.id);
  });

  it("repeats the answer from another process on the same database", async () => {
    const other = await startService({ databaseUrl: service.databaseUrl, workers: service.context.workers });
    try {
      const headers = once(randomUUID());
      const picture = await detailedPicture(408);
      const first = await check(service, picture, { headers });
      const second = await check(other, picture, { headers });
      assert.deepEqual(second.body, first.body);
    } finally {
      await other.close();
    }
  });

  it("lets a request that failed for want of quota run again", async () => {
    const { id, key } = await service.createKey({ name: "late", quota: { limit: 0, period: "none" } });
    const headers = once(randomUUID());
    const picture = await detailedPicture(409);
    assert.equal((await check(service, picture, { key, headers })).status, 429);
    await ask(service, "PATCH", `/v1/keys/${id}`, { body: { refill: 1 } });
    assert.equal((await check(service, picture, { key, headers })).status, 200);
  });

  it("repeats a new key's secret to its maker alone, and never stores it in clear", async () => {
    const headers = once(randomUUID());
    const first = await ask(service, "POST", "/v1/keys", { body: { name: "made once" }, headers });
    const second = await ask(service, "POST", "/v1/keys", { body: { name: "made once" }, headers });
    assert.deepEqual(second.body, first.body);
    const { rows } = await service.context.db.pool.query(
      "select encode(answer, 'escape') as answer from idempotent_request",
    );
    assert.ok(rows.every(({ answer }) => !String(answer).includes(first.body.secret)));
    const { body } = await ask(service, "GET", "/v1/keys?limit=1000");
    assert.equal(body.keys.filter((key: { name: string }) => key.name === "made once").length, 1);
  });

  it("is refused where it is empty or too long", async () => {
    const answer = await check(service, await detailedPicture(410), { headers: once("x".repeat(256)) });
    assert.deepEqual([answer.status, answer.body.field], [400, "Idempotency-Key"]);
  });
});
