import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, before, describe, it } from "node:test";
import { claimImage, releaseImageClaim } from "../../src/db/image-claims.ts";
import { httpAnswer, withImageOrigin } from "../support/image-origin.ts";
import { detailedPicture } from "../support/pictures.ts";
import { ask, check } from "../support/requests.ts";
import { startService, type TestService } from "../support/service.ts";

let service: TestService;
before(async () => {
  service = await startService();
});
after(() => service.close());

const once = (key: string) => ({ "idempotency-key": key });
const basic = (id: string, secret: string) => `Basic ${Buffer.from(`${id}:${secret}`).toString("base64")}`;

/** What is stored of one Idempotency-Key. */
async function stored(key: string): Promise<{ owner: string; status: number | null; lease: number }[]> {
  const { rows } = await service.context.db.pool.query(
    `select owner, status, extract(epoch from lease_until - created_at)::int as lease
      from idempotent_request where key = $1`,
    [key],
  );
  return rows;
}

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

  it("refuses another body, another query or another route with 422", async () => {
    const headers = once(randomUUID());
    await check(service, await detailedPicture(404), { headers });
    const other = await check(service, await detailedPicture(405), { headers });
    assert.deepEqual([other.status, other.body.code], [422, "idempotency_key_reused"]);
    const query = await check(service, await detailedPicture(404), { headers, query: "?classify=never" });
    assert.deepEqual([query.status, query.body.code], [422, "idempotency_key_reused"]);
    const body = await detailedPicture(404);
    const route = await ask(service, "POST", "/v1/lists/none/entries", { headers, body });
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

  it("repeats an answer however the same key is presented", async () => {
    const { id, key, secret } = await service.createKey({ name: "two forms" });
    for (const [bearer, authorization] of [
      [key, basic(id, secret)],
      [service.adminKey, basic("key_admin", service.adminKey)],
    ] as const) {
      const idempotencyKey = once(randomUUID());
      const picture = await detailedPicture(411);
      const first = await check(service, picture, { key: bearer, headers: idempotencyKey });
      const second = await check(service, picture, { headers: { ...idempotencyKey, authorization } });
      assert.equal(second.status, 200);
      assert.deepEqual(second.body, first.body);
    }
  });

  it("answers 422 where the secret was rotated since", async () => {
    const { id, key } = await service.createKey({ name: "rotated between" });
    const headers = once(randomUUID());
    const picture = await detailedPicture(412);
    assert.equal((await check(service, picture, { key, headers })).status, 200);
    const { body: rotated } = await ask(service, "POST", `/v1/keys/${id}/rotate`);
    const again = await check(service, picture, { key: rotated.key, headers });
    assert.deepEqual([again.status, again.body.code], [422, "idempotency_key_reused"]);
    assert.match(again.body.detail, /secret/);
  });

  it("is held for longer than a request can run, by an owner that no client names", async () => {
    const key = randomUUID();
    await check(service, await detailedPicture(413), { headers: { ...once(key), "x-request-id": "mine" } });
    const [row] = await stored(key);
    assert.notEqual(row?.owner, "mine");
    assert.equal(row?.lease, 300);
  });

  it("is held for longer than its request may wait for a dead process's claim on an image and then work itself", async () => {
    const { db } = service.context;
    const sha256 = "ab".repeat(32);
    const dead = { processId: "dead", claimId: "1" };
    assert.ok(await claimImage(db, sha256, dead));
    const { rows } = await db.pool.query(
      "select extract(epoch from expires_at - now())::int as lease from image_claim where owner = 'dead/1'",
    );
    await releaseImageClaim(db, sha256, dead);
    const fetching = 10;
    const working = 2 * (30 + 10);
    assert.ok(rows[0].lease > working, `${rows[0].lease} s`);
    assert.ok(fetching + rows[0].lease + working < 300, `${rows[0].lease} s`);
  });

  it("stays taken where the answer of a request that was charged could not be kept", async () => {
    const { key } = await service.createKey({ name: "not kept", quota: { limit: 10, period: "day" } });
    const idempotencyKey = randomUUID();
    const picture = await detailedPicture(414);
    const { pool } = service.context.db;
    const query = pool.query;
    pool.query = (async (...args: unknown[]) => {
      if (JSON.stringify(args).includes("keep_idempotent_answer")) throw new Error("The connection was lost");
      return await Reflect.apply(query, pool, args);
    }) as typeof query;
    try {
      const { status, body } = await check(service, picture, { key, headers: once(idempotencyKey) });
      assert.deepEqual([status, body.quota?.charged], [200, 1]);
    } finally {
      pool.query = query;
    }
    assert.deepEqual(
      (await stored(idempotencyKey)).map(({ status }) => status),
      [null],
    );
  });

  it("lets a request whose URL could not be fetched run again", async () => {
    const picture = await detailedPicture(415);
    let fails = true;
    await withImageOrigin(
      (_path, socket) => {
        socket.end(fails ? httpAnswer(503, []) : httpAnswer(200, ["Content-Type: image/png"], picture));
        fails = false;
      },
      async (base) => {
        const headers = once(randomUUID());
        const body = { url: `${base}/x.png` };
        const first = await ask(service, "POST", "/v1/images/check", { body, headers });
        assert.deepEqual([first.status, first.body.code], [422, "url_unreachable"]);
        assert.equal((await ask(service, "POST", "/v1/images/check", { body, headers })).status, 200);
      },
    );
  });

  it("keeps no long answer that cost nothing for a caller without a key", async () => {
    const hashes = Array.from({ length: 500 }, (_, i) => ({ kind: "sha1", value: i.toString(16).padStart(40, "0") }));
    const lookUp = async (key: string | null, length: number) => {
      const idempotencyKey = randomUUID();
      const body = { hashes: hashes.slice(0, length) };
      const ways = { key, body, headers: once(idempotencyKey) };
      const first = await ask(service, "POST", "/v1/hashes/check", ways);
      const second = await ask(service, "POST", "/v1/hashes/check", ways);
      assert.deepEqual([first.status, second.status], [200, 200]);
      assert.equal(second.body.answers.length, length);
      return { kept: (await stored(idempotencyKey)).length, replayed: second.headers.has("idempotent-replayed") };
    };
    assert.deepEqual(await lookUp(null, 500), { kept: 0, replayed: false });
    assert.deepEqual(await lookUp(null, 1), { kept: 1, replayed: true });
    assert.deepEqual(await lookUp(service.adminKey, 500), { kept: 1, replayed: true });
  });

  it("is refused where it is empty, too long or not visible ASCII", async () => {
    for (const key of ["", "x".repeat(256), "two words"]) {
      const answer = await check(service, await detailedPicture(410), { headers: once(key) });
      assert.deepEqual(
        [answer.status, answer.body.code, answer.body.field],
        [400, "parameter_invalid", "Idempotency-Key"],
      );
    }
  });
});
