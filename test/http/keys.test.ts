import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { newSecret } from "../../src/services/api-key-token.ts";
import { flatPicture } from "../support/pictures.ts";
import { ask, check } from "../support/requests.ts";
import { startService, type TestService } from "../support/service.ts";

let service: TestService;
before(async () => {
  service = await startService();
});
after(() => service.close());

const basic = (id: string, secret: string) => `Basic ${Buffer.from(`${id}:${secret}`).toString("base64")}`;

describe("API keys", () => {
  it("are shown once and stored as a SHA-256 alone", async () => {
    const { id, key, secret } = await service.createKey({ name: "shown once" });
    assert.match(key, /^lk_[0-9A-Za-z]{12}_[0-9A-Za-z]{33}$/);
    assert.equal(key, `lk_${id.slice(4)}_${secret}`);
    const read = await ask(service, "GET", `/v1/keys/${id}`);
    assert.ok(!JSON.stringify(read.body).includes(secret));
    const { rows } = await service.context.db.pool.query("select * from api_key where id = $1", [id]);
    assert.ok(!JSON.stringify(rows).includes(secret));
    assert.equal(rows[0].secret_hash.length, 32);
  });

  it("authenticate as Bearer with the whole token and as Basic with id and secret", async () => {
    const { id, key, secret } = await service.createKey({ name: "two ways", quota: { limit: 7, period: "day" } });
    for (const authorization of [`Bearer ${key}`, basic(id, secret)]) {
      const { status, body } = await ask(service, "GET", "/v1/quota", { headers: { authorization } });
      assert.deepEqual([status, body.limit], [200, 7]);
    }
  });

  it("are refused with one wrong character, without a question for keys to the database", async () => {
    const { key } = await service.createKey({ name: "typo" });
    const { pool } = service.context.db;
    const query = pool.query;
    let queries = 0;
    pool.query = ((...args: Parameters<typeof query>) => {
      // The service asks for changes of lists besides, by the clock.
      if (JSON.stringify(args).includes("api_key")) queries += 1;
      return query.apply(pool, args);
    }) as typeof query;
    try {
      for (let place = 3; place < key.length; place++) {
        if (key[place] === "_") continue;
        const wrong = key.slice(0, place) + (key[place] === "a" ? "b" : "a") + key.slice(place + 1);
        const { status, body } = await ask(service, "GET", "/v1/quota", { key: wrong });
        assert.deepEqual([status, body.code], [401, "credentials_invalid"], wrong);
      }
      assert.equal(queries, 0);
      assert.equal((await ask(service, "GET", "/v1/quota", { key })).status, 200);
      assert.ok(queries > 0, "and a good key is asked for");
    } finally {
      pool.query = query;
    }
  });

  it("end at once where they are revoked, and their old secret where they are rotated", async () => {
    const revoked = await service.createKey({ name: "revoked" });
    assert.equal((await ask(service, "GET", "/v1/quota", { key: revoked.key })).status, 200);
    assert.equal((await ask(service, "DELETE", `/v1/keys/${revoked.id}`)).status, 204);
    assert.equal((await ask(service, "GET", "/v1/quota", { key: revoked.key })).status, 401);
    assert.equal((await ask(service, "DELETE", `/v1/keys/${revoked.id}`)).status, 404);

    const old = await service.createKey({ name: "rotated" });
    assert.equal((await ask(service, "GET", "/v1/quota", { key: old.key })).status, 200);
    const rotated = await ask(service, "POST", `/v1/keys/${old.id}/rotate`);
    assert.equal(rotated.status, 200);
    assert.equal((await ask(service, "GET", "/v1/quota", { key: old.key })).status, 401);
    assert.equal((await ask(service, "GET", "/v1/quota", { key: rotated.body.key })).status, 200);
  });

  it("end at once also where a request was reading them while they were revoked", async () => {
    const { id, key } = await service.createKey({ name: "read meanwhile" });
    const { pool } = service.context.db;
    const query = pool.query;
    let revoked: number | null = null;
    pool.query = (async (...args: unknown[]) => {
      const found: unknown = await Reflect.apply(query, pool, args);
      if (revoked === null && JSON.stringify(args).includes(id)) {
        revoked = 0;
        revoked = (await ask(service, "DELETE", `/v1/keys/${id}`)).status;
      }
      return found;
    }) as typeof query;
    try {
      await ask(service, "GET", "/v1/quota", { key });
    } finally {
      pool.query = query;
    }
    assert.equal(revoked, 204);
    assert.equal((await ask(service, "GET", "/v1/quota", { key })).status, 401);
  });

  it("are refused where they are not of a key's form, whatever their checksum", async () => {
    for (const id of [
      "key_a\0cdefghijkl",
      "key_abc",
      "key_aäcdefghijkl",
      "user",
      `key_${"a".repeat(9000)}`,
      "lk_abcdefghijkl",
    ]) {
      const { secret } = newSecret(id);
      const { status, body } = await ask(service, "GET", "/v1/quota", {
        headers: { authorization: basic(id, secret) },
      });
      assert.deepEqual([status, body.code], [401, "credentials_invalid"], id.slice(0, 20));
    }
    const authorization = basic("key_abcdefghijkl", "\0".repeat(33));
    const { status, body } = await ask(service, "GET", "/v1/quota", { headers: { authorization } });
    assert.deepEqual([status, body.code], [401, "credentials_invalid"]);
  });

  it("are revoked in another process within a second", async () => {
    const other = await startService({ databaseUrl: service.databaseUrl, workers: service.context.workers });
    try {
      const { id, key } = await service.createKey({ name: "elsewhere" });
      assert.equal((await ask(other, "GET", "/v1/quota", { key })).status, 200);
      await ask(service, "DELETE", `/v1/keys/${id}`);
      const revokedAt = performance.now();
      for (;;) {
        const { status } = await ask(other, "GET", "/v1/quota", { key });
        if (status === 401) break;
        assert.ok(performance.now() - revokedAt < 1000, "still believed after a second");
      }
    } finally {
      await other.close();
    }
  });

  it("can't be changed where ADMIN_KEY fixes them", async () => {
    for (const [method, path] of [
      ["DELETE", ""],
      ["PATCH", ""],
      ["POST", "/rotate"],
    ] as const) {
      const body = method === "PATCH" ? { name: "x" } : undefined;
      const { status, body: problem } = await ask(service, method, `/v1/keys/key_admin${path}`, { body });
      assert.deepEqual([status, problem.code], [409, "key_fixed"]);
    }
  });

  it("carry score thresholds of their own", async () => {
    const strict = await service.createKey({
      name: "strict",
      policy: { block: 0, review: 0, suggestive_review: null },
    });
    const { body } = await check(service, await flatPicture("#998877"), { key: strict.key });
    assert.deepEqual([body.verdict, body.reasons[0].code], ["block", "unsafe_scores"]);
    const usual = await service.createKey({ name: "usual" });
    const other = await check(service, await flatPicture("#998877"), { key: usual.key });
    assert.equal(other.body.verdict, "allow");
  });

  it("page, and refuse a refill of what is no stock", async () => {
    const { id } = await service.createKey({ name: "paged", quota: { limit: 3, period: "day" } });
    const { body } = await ask(service, "GET", "/v1/keys?limit=1");
    assert.equal(body.keys.length, 1);
    assert.equal(typeof body.next, "string");
    const refused = await ask(service, "PATCH", `/v1/keys/${id}`, { body: { refill: 5 } });
    assert.deepEqual([refused.status, refused.body.field], [400, "refill"]);
  });

  it("have their look-ups counted by day", async () => {
    const { id, key } = await service.createKey({ name: "counted" });
    const hash = { kind: "sha1", value: "f".repeat(40) };
    await ask(service, "POST", "/v1/hashes/check", { key, body: { hashes: [hash, hash, hash] } });
    const { body } = await ask(service, "GET", `/v1/keys/${id}/usage`);
    assert.equal(body.days[0].hash_look_ups, 3);
    assert.equal(body.days[0].day, new Date().toISOString().slice(0, 10));
  });
});

describe("scopes", () => {
  /** Every route that needs a key, with the scope it needs. */
  const routes = [
    ["POST", "/v1/lists", "lists"],
    ["GET", "/v1/lists", "lists"],
    ["GET", "/v1/lists/none", "lists"],
    ["PATCH", "/v1/lists/none", "lists"],
    ["DELETE", "/v1/lists/none", "lists"],
    ["POST", "/v1/lists/none/entries", "lists"],
    ["GET", "/v1/lists/none/entries", "lists"],
    ["GET", "/v1/lists/none/entries/ent_1", "lists"],
    ["PATCH", "/v1/lists/none/entries/ent_1", "lists"],
    ["DELETE", "/v1/lists/none/entries/ent_1", "lists"],
    ["POST", "/v1/keys", "admin"],
    ["GET", "/v1/keys", "admin"],
    ["GET", "/v1/keys/none", "admin"],
    ["PATCH", "/v1/keys/none", "admin"],
    ["DELETE", "/v1/keys/none", "admin"],
    ["POST", "/v1/keys/none/rotate", "admin"],
    ["GET", "/v1/keys/none/usage", "admin"],
    ["GET", "/metrics", "admin"],
  ] as const;
  const bodies: Record<string, object> = {
    "POST /v1/lists": { name: "x" },
    "POST /v1/lists/none/entries": { hashes: { sha1: "0".repeat(40) } },
    "PATCH /v1/lists/none": { description: "" },
    "PATCH /v1/lists/none/entries/ent_1": { note: "" },
    "POST /v1/keys": { name: "x" },
    "PATCH /v1/keys/none": { name: "x" },
  };

  it("are asked for by every route: 401 without a key, 403 without the scope", async () => {
    const checkOnly = await service.createKey({ name: "check only", scopes: ["check"] });
    const listsOnly = await service.createKey({ name: "lists only", scopes: ["lists"] });
    for (const [method, path, scope] of routes) {
      const body = bodies[`${method} ${path}`];
      const nobody = await ask(service, method, path, { key: null, body });
      assert.deepEqual([nobody.status, nobody.body.code], [401, "credentials_missing"], `${method} ${path}`);
      assert.match(nobody.headers.get("www-authenticate") ?? "", /Bearer/);
      const wrong = scope === "lists" ? checkOnly : listsOnly;
      const refused = await ask(service, method, path, { key: wrong.key, body });
      assert.deepEqual([refused.status, refused.body.code], [403, "scope_missing"], `${method} ${path}`);
    }
    const refused = await check(service, await flatPicture(), { key: listsOnly.key });
    assert.deepEqual([refused.status, refused.body.code], [403, "scope_missing"]);
  });
});
