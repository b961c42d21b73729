import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, before, describe, it } from "node:test";
import { assertCleanError } from "../support/clean-error.ts";
import { createTestDatabase, type TestDatabase } from "../support/database.ts";
import { dumpRows, pgDump } from "../support/dump-database.ts";
import { createSecretSearch, otherChecksum } from "../support/issued-secrets.ts";
import { flatPicture } from "../support/pictures.ts";
import { type ServiceProcess, startServiceProcess } from "../support/service-process.ts";

const KEYS = 1000;
const TOGETHER = 8;
const ADMIN_KEY = "admin-key-of-the-secrecy-test";

interface Issued {
  readonly id: string;
  readonly secret: string;
  readonly key: string;
}

/** One request that has a key where a client might put it, by mistake or as a vendor's contract wants it. */
type Misuse = (key: Issued) => readonly [path: string, init: RequestInit];

const json = { "content-type": "application/json" };
const basic = (user: string, password: string) => `Basic ${Buffer.from(`${user}:${password}`).toString("base64")}`;

const MISUSES: readonly Misuse[] = [
  ({ key }) => ["/v1/quota", { headers: { authorization: `Bearer ${key}` } }],
  ({ id, secret }) => ["/v1/quota", { headers: { authorization: basic(id, secret) } }],
  ({ id, secret }) => ["/v1/quota", { headers: { authorization: basic(id, otherChecksum(secret)) } }],
  ({ key }) => ["/v1/quota", { headers: { authorization: `Token ${key}` } }],
  ({ key }) => ["/v1/quota", { headers: { authorization: basic(key, "") } }],
  ({ key }) => ["/v1/quota", { headers: { "x-request-id": key } }],
  ({ key }) => [`/v1/quota?key=${key}`, {}],
  ({ key }) => [`/v1/nowhere/${key}`, {}],
  ({ key }) => [`/v1/hashes/sha1/${key}`, {}],
  ({ secret }) => [`/v1/hashes/${secret}/${secret}`, {}],
  ({ key }) => [`/v1/keys/${key}`, { headers: { authorization: `Bearer ${ADMIN_KEY}` } }],
  ({ key }) => [`/v1/lists/${key}`, { headers: { authorization: `Bearer ${ADMIN_KEY}` } }],
  ({ key }) => ["/v1/lists", { method: "POST", headers: { authorization: `Bearer ${key}`, ...json }, body: "{}" }],
  ({ key }) => [`/v1/keys?after=${key}`, { headers: { authorization: `Bearer ${key}` } }],
  ({ key }) => ["/v1/hashes/check", { method: "POST", headers: json, body: JSON.stringify({ [key]: 1 }) }],
  ({ key }) => ["/v1/hashes/check", { method: "POST", headers: json, body: JSON.stringify({ hashes: key }) }],
  ({ key }) => ["/v1/hashes/check", { method: "POST", headers: json, body: `{"key": "${key}"` }],
  ({ key }) => ["/v1/images/check", { method: "POST", headers: json, body: JSON.stringify({ url: key }) }],
  ({ key }) => ["/v1/images/check", { method: "POST", headers: { authorization: `Bearer ${key}` }, body: form(key) }],
  ({ key }) => [
    `/v1/images/check?lists=${key}`,
    { method: "POST", headers: { "content-type": "image/png" }, body: key },
  ],
  ({ key }) => ["/v1/images/check", { method: "POST", headers: { "content-type": key }, body: "x" }],
  ({ key }) => [`/api/hash/${"0".repeat(40)}`, { headers: { NSFWKEY: key } }],
  ({ key }) => [`/api/hash/${"0".repeat(40)}?api_secret=${key}`, { headers: { NSFWKEY: `${key}x` } }],
  ({ key }) => [`/api/hash/${key}`, { headers: { NSFWKEY: key } }],
  ({ key }) => [`/api/upload?url=http://127.0.0.1:1/${key}&key=${key}`, { headers: { NSFWKEY: key } }],
  ({ key }) => ["/api/upload", { method: "POST", headers: { NSFWKEY: key }, body: new URLSearchParams({ key }) }],
  ({ key }) => ["/api/upload", { method: "POST", body: form(key) }],
  ({ key }) => [
    `/pict-rs/validate?key=${key}`,
    { method: "POST", headers: { "content-type": "image/png" }, body: key },
  ],
  ({ key }) => [`/pict-rs/validate?key=${key}&on_review=${key}`, { method: "POST", body: "x" }],
  ({ key }) => [`/pleroma/${key}/?url=http://127.0.0.1:1/${key}`, {}],
  ({ key }) => [`/moderate/?key=${key}&url=http://127.0.0.1:1/`, {}],
  ({ key }) => [`/moderate/${key}?url=${key}`, {}],
  ({ id, secret }) => [`/1.0/check.json?api_user=${id}&api_secret=${secret}&models=${secret}`, {}],
  ({ id, secret, key }) => [`//1.0/${key}.json?api_user=${secret}&api_secret=${id}`, {}],
  ({ key }) => ["/1.0/feedback.json", { method: "POST", body: form(key) }],
  ({ key }) => [`/1.0/check.json?api_secret=${key}&models=type&url=${key}&add_to_list=${key}`, {}],
  ({ id, secret, key }) => [`/v2/uploads/${key}`, { method: "DELETE", headers: { authorization: basic(id, secret) } }],
  ({ id, secret, key }) => [
    `/v2/categories/nsfw_beta?image_upload_id=${key}&language=${key}`,
    { headers: { authorization: basic(id, secret) } },
  ],
  ({ id, secret, key }) => [`/v1/categorizations/${key}?url=${key}`, { headers: { authorization: basic(secret, id) } }],
  ({ key }) => [
    "/v1/moderations",
    {
      method: "POST",
      headers: { authorization: `Bearer ${key}`, ...json },
      body: JSON.stringify({ model: `a-model-called-${key}`, input: key, [key]: key }),
    },
  ],
  ({ key }) => [`/v1/moderations/${key}`, { headers: { authorization: `Bearer ${key}` } }],
  ({ key }) => [
    `/contentmoderator/lists/v1.0/imagelists/${key}?subscription-key=${key}`,
    { headers: { "Ocp-Apim-Subscription-Key": key } },
  ],
  ({ key }) => [
    `/contentmoderator/moderate/v1.0/ProcessImage/Match?listId=${key}`,
    { method: "POST", headers: { "Ocp-Apim-Subscription-Key": `${key}x` }, body: key },
  ],
  ({ key }) => [`/h/hash?key=${key}`, {}],
  ({ key }) => [`/hma/${key}/m/raw_lookup?key=${key}&include_distance=${key}`, {}],
  ({ key }) => [`/hma/${key}/${key}`, { method: "PUT" }],
  ({ key }) => [`/m/lookup?signal_type=a-type-of-hash-${key}&signal=${key}`, {}],
  ({ key }) => [`/c/bank/${key}`, { headers: { authorization: `Bearer ${ADMIN_KEY}` } }],
  ({ key }) => ["/docs", { headers: { authorization: `Bearer ${key}`, cookie: key } }],
  ({ key }) => [`/docs/errors?${key}`, {}],
  ({ key }) => ["/metrics", { headers: { authorization: `Bearer ${key}` } }],
  ({ key }) => [`/${key}`, { method: "DELETE", headers: { authorization: `Bearer ${key}` } }],
];

function form(key: string): FormData {
  const data = new FormData();
  data.set("api_secret", key);
  data.set("image", new Blob([key]), `${key}.png`);
  return data;
}

describe(`${KEYS} keys that were issued`, () => {
  const secrets = createSecretSearch();
  const leaks: string[] = [];
  let database: TestDatabase;
  let service: ServiceProcess;
  let judged = 0;

  before(async () => {
    database = await createTestDatabase({ poolSize: 2 });
    service = await startServiceProcess({
      DATABASE_URL: database.url,
      DATABASE_POOL_SIZE: "8",
      HOT_INDEX_MB: "0",
      ADMIN_KEY,
      AUTH_FAILURES_PER_MINUTE: "0",
      FREE_CALLS_PER_DAY: "1000000",
      LOG_LEVEL: "trace",
    });
  });
  after(async () => {
    service.child.kill("SIGTERM");
    await service.exited;
    await database.drop();
  });

  async function issue(path: string, body?: object): Promise<Issued> {
    const response = await fetch(service.url + path, {
      method: "POST",
      headers: { authorization: `Bearer ${ADMIN_KEY}`, "idempotency-key": randomUUID(), ...(body && json) },
      ...(body && { body: JSON.stringify(body) }),
    });
    assert.ok(response.ok, `${path}: ${response.status}`);
    const issued = (await response.json()) as Issued;
    secrets.add(issued.secret);
    return issued;
  }

  /** Looks through a whole answer, headers too; an error must be a clean one besides. */
  async function judge(path: string, init: RequestInit): Promise<void> {
    const response = await fetch(service.url + path, init);
    const body = await response.text();
    const head = JSON.stringify([...response.headers]);
    const found = secrets.findIn(head + body);
    if (found.length > 0) leaks.push(`${init.method ?? "GET"} ${path} answered ${response.status}: ${head} ${body}`);
    if (response.status >= 400) assertCleanError(response, body);
    assert.ok(response.status !== 500, `${path} answered ${body}`);
    judged += 1;
  }

  it("are in no answer, page or metric, nor in the log at its most talkative, nor in a dump of the database", async () => {
    const picture = new Uint8Array(await flatPicture("#123456"));
    for (let first = 0; first < KEYS; first += TOGETHER) {
      const some = Array.from({ length: Math.min(TOGETHER, KEYS - first) }, async (_, index) => {
        const number = first + index;
        let issued = await issue("/v1/keys", { name: `key ${number}`, scopes: ["check"] });
        if (number % 5 === 0) issued = await issue(`/v1/keys/${issued.id}/rotate`);
        for (let misuse = number % 7; misuse < MISUSES.length; misuse += 7) {
          const [path, init] = MISUSES[misuse]?.(issued) ?? ["", {}];
          await judge(path, init);
        }
        if (number % 50 === 0) {
          const headers = { authorization: `Bearer ${issued.key}`, "content-type": "image/png" };
          await judge("/v1/images/check", { method: "POST", headers, body: picture });
        }
      });
      await Promise.all(some);
    }
    assert.equal(secrets.size, KEYS + KEYS / 5);
    const headers = { authorization: `Bearer ${ADMIN_KEY}` };
    for (const path of ["/metrics", "/docs", "/docs/errors", "/openapi.json", "/readyz", "/v1/lists"]) {
      await judge(path, { headers });
    }
    let pages = 0;
    for (let after = ""; ; pages++) {
      const response = await fetch(`${service.url}/v1/keys?limit=100&after=${after}`, { headers });
      const text = await response.text();
      if (secrets.findIn(text).length > 0) leaks.push(`a page of keys: ${text}`);
      const { next } = JSON.parse(text) as { next: string | null };
      if (next === null) break;
      after = next;
    }
    assert.ok(pages >= KEYS / 100 - 1);
    assert.deepEqual(leaks, []);
    assert.ok(judged > 4 * KEYS, `${judged} answers were looked through`);

    assert.ok(service.log().includes("answered"), "every request is logged");
    assert.deepEqual(secrets.findIn(service.log()), [], "in the log");
    const rows = await dumpRows(database.database.pool);
    assert.ok(rows.includes("public.api_key") && rows.includes("public.idempotent_request"));
    assert.deepEqual(secrets.findIn(rows), [], "in a row");
  });

  it("are not in what pg_dump writes", async (t) => {
    const { rows } = await database.database.pool.query<{ major: number }>(
      "select current_setting('server_version_num')::int / 10000 as major",
    );
    const dump = await pgDump(database.url, rows[0]?.major ?? 0);
    if (dump === null) return t.skip("no pg_dump here that reads this server: 1 case skipped");
    assert.ok(dump.includes("COPY public.api_key"));
    assert.deepEqual(secrets.findIn(dump), []);
  });

  it("would have been found, had they been there in any of these forms", () => {
    const secret = `${"Ab3".repeat(9)}000000`;
    const search = createSecretSearch();
    search.add(secret);
    for (const text of [
      secret,
      `x${secret.slice(0, 27)}`,
      `"authorization":"${basic("key_0123456789ab", secret)}"`,
      `{"authorization":"${basic("k", `1${secret}`)}"}`,
      `\\x${Buffer.from(`{"key":"${secret}"}`).toString("hex")}`,
    ]) {
      assert.ok(search.findIn(text).length > 0, text);
    }
    assert.deepEqual(search.findIn(secret.toLowerCase()), []);
  });
});
