import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, before, describe, it } from "node:test";
import type { Config } from "../../src/config.ts";
import { AppError } from "../../src/errors.ts";
import { holdRequests } from "../support/held-requests.ts";
import { httpAnswer, type ImageOrigin, startImageOrigin } from "../support/image-origin.ts";
import { type FormPart, multipartBody } from "../support/multipart.ts";
import { detailedPicture } from "../support/pictures.ts";
import { exchange } from "../support/raw-exchange.ts";
import { ask } from "../support/requests.ts";
import { startService, startWithoutDatabase, type TestService } from "../support/service.ts";
import { callSightengine, type SightengineAnswer, type SightengineCall } from "../support/sightengine-call.ts";

const MEBIBYTE = 1024 * 1024;
const TOO_BIG = "Image too big, should be less than 12 megabytes";
const WRONG_KEYS = { type: "credentials_error", code: 1, message: "Incorrect API user or API secret" };

let service: TestService;
let origin: ImageOrigin;
let originUrl: string;
let picture: Buffer;
let key: { id: string; secret: string; key: string };
before(async () => {
  service = await startService();
  picture = await readFile(new URL("../fixtures/model/Neutral.png", import.meta.url));
  origin = await startImageOrigin((path, socket) => {
    if (path === "/big.png") socket.end(httpAnswer(200, [], Buffer.alloc(12 * MEBIBYTE)));
    else if (path === "/text.png") socket.end(httpAnswer(200, [], "no image"));
    else if (path === "/hang-up.png") socket.destroy();
    else socket.end(httpAnswer(404, []));
  });
  originUrl = `http://127.0.0.1:${origin.port}`;
  key = await service.createKey({ name: "failures", scopes: ["check"], quota: { limit: 5, period: "day" } });
});
after(async () => {
  assert.equal(await left(), 5, "no failure was charged");
  await origin.close();
  await service.close();
});

const left = async () => (await ask(service, "GET", "/v1/quota", { key: key.key })).body.remaining;
const call = (given: Omit<SightengineCall, "key"> & { key?: SightengineCall["key"] }) =>
  callSightengine(service, { key, ...given });

const port = () => Number(new URL(service.url).port);
const keyQuery = () => `api_user=${key.id}&api_secret=${key.secret}`;

/** Sends a form with large media, as fast as the service takes it. */
async function upload(target: string, media: Buffer, fields: readonly FormPart[] = []): Promise<SightengineAnswer> {
  const body = multipartBody("b", [{ name: "media", filename: "large.png", body: media }, ...fields]);
  const head = [`POST ${target} HTTP/1.1`, "Host: x", "Content-Type: multipart/form-data; boundary=b"];
  head.push(`Content-Length: ${body.length}`, "", "");
  const [answer] = await exchange(port(), Buffer.concat([Buffer.from(head.join("\r\n")), body]));
  assert.ok(answer !== undefined, "the connection ended without an answer");
  return { http: answer.status, headers: answer.headers, body: JSON.parse(answer.body) };
}

/** The vendor's whole error object, and no member besides. */
function assertFailure({ http, headers, body }: SightengineAnswer, status: number, type: string): void {
  const text = JSON.stringify(body);
  assert.deepEqual([http, body.status, body.error?.type], [status, "failure", type], text);
  assert.deepEqual(Object.keys(body), ["status", "request", "error"], text);
  assert.deepEqual(Object.keys(body.request), ["id", "timestamp", "operations"], text);
  assert.match(body.request.id, /^req_/);
  assert.ok(Number.isFinite(body.request.timestamp), text);
  assert.equal(body.request.operations, 0, text);
  assert.deepEqual(Object.keys(body.error), ["type", "code", "message"], text);
  assert.ok(Number.isInteger(body.error.code), text);
  assert.ok(typeof body.error.message === "string" && body.error.message !== "", text);
  assert.match(headers.get("content-type") ?? "", /^application\/json/);
  assert.equal(headers.get("access-control-allow-origin"), "*", "pages of any origin may read it");
  assert.equal(headers.get("cross-origin-resource-policy"), "cross-origin");
}

/** Another service with settings of its own, on the same database and workers. */
async function withService(
  config: Partial<Config>,
  use: (other: TestService) => Promise<void>,
  workers = service.context.workers,
): Promise<void> {
  const other = await startService({ databaseUrl: service.databaseUrl, workers, config });
  try {
    await use(other);
  } finally {
    await other.close();
  }
}

describe("Sightengine's credentials", () => {
  it("are looked at before any argument: a call without models tells good keys from bad ones", async () => {
    assertFailure(await call({}), 400, "argument_error");
    const strangers = [
      { id: key.id, secret: "wrong" },
      { id: "wrong", secret: key.secret },
      { id: key.id, secret: "" },
      { id: "", secret: "" },
      { id: "key_\0", secret: "a\0b" },
      { id: "me", secret: "lk_wrong_key" },
    ];
    for (const stranger of strangers) {
      for (const given of [
        {},
        { parameters: { models: "no-such-model" } },
        { media: Buffer.from("no image"), parameters: { models: "nudity" } },
        { parameters: { models: "nudity", add_to_list: "ili_nowhere", url: "nonsense" } },
        { path: "/1.0/nudity.json" },
      ]) {
        const answer = await call({ key: stranger, ...given });
        assertFailure(answer, 401, "credentials_error");
        assert.deepEqual(answer.body.error, WRONG_KEYS);
      }
    }
    const wrong = [
      { name: "api_user", body: key.id },
      { name: "api_secret", body: "wrong" },
    ];
    const large = await upload("/1.0/check.json", Buffer.alloc(12 * MEBIBYTE), wrong);
    assert.deepEqual(large.body.error, WRONG_KEYS, "before the size of the media too");
  });

  it("that are wrong in the query are told to a client that is still sending, and one that stopped sending", async () => {
    const target = `/1.0/check.json?api_user=${key.id}&api_secret=wrong&models=nudity`;
    assertFailure(await upload(target, Buffer.alloc(24 * MEBIBYTE)), 401, "credentials_error");
    const head = [`POST ${target} HTTP/1.1`, "Host: x", "Content-Type: image/png", "Content-Length: 1000000"];
    const [stopped] = await exchange(port(), `${head.join("\r\n")}\r\n\r\nabc`);
    assert.equal(stopped?.status, 401);
  });

  it("of a revoked key are wrong ones; the operator's key goes by key_admin", async () => {
    const revoked = await service.createKey({ name: "revoked" });
    await service.request(`/v1/keys/${revoked.id}`, { method: "DELETE" });
    assertFailure(await call({ key: revoked }), 401, "credentials_error");
    const admin = { id: "key_admin", secret: service.adminKey };
    assertFailure(await call({ key: admin }), 400, "argument_error");
  });

  it("that are wrong too often are refused with 429 and Retry-After", async () => {
    await withService({ authFailuresPerMinute: 1 }, async (other) => {
      const guess = () => callSightengine(other, { key: { id: key.id, secret: "wrong" } });
      assertFailure(await guess(), 401, "credentials_error");
      const answer = await guess();
      assertFailure(answer, 429, "credentials_error");
      assert.notEqual(answer.body.error.code, 1);
      assert.ok(Number(answer.headers.get("retry-after")) >= 1);
    });
  });

  it("without the scope for a check are a plan_error", async () => {
    const lists = await service.createKey({ name: "lists only", scopes: ["lists"] });
    const answer = await call({ key: lists, media: picture, parameters: { models: "nudity" } });
    assertFailure(answer, 403, "plan_error");
  });
});

describe("Sightengine's media_error", () => {
  const models = { models: "nudity" };

  it("says that 12 megabytes are too many, as bytes, as base64 and behind a URL", async () => {
    const base64 = Buffer.from(Buffer.alloc(12 * MEBIBYTE).toString("base64"));
    const target = `/1.0/check.json?${keyQuery()}&models=nudity`;
    for (const answer of [
      await upload(target, Buffer.alloc(12 * MEBIBYTE)),
      await upload(target, Buffer.alloc(24 * MEBIBYTE)),
      await upload(target, base64),
      await call({ parameters: { ...models, url: `${originUrl}/big.png` } }),
    ]) {
      assertFailure(answer, 400, "media_error");
      assert.equal(answer.body.error.message, TOO_BIG);
    }
    const within = await upload(target, Buffer.alloc(12 * MEBIBYTE - 1));
    assertFailure(within, 400, "media_error");
    assert.notEqual(within.body.error.message, TOO_BIG, "one byte fewer is looked at");
  });

  it("is the answer to bytes that are no whole image", async () => {
    for (const media of [
      Buffer.from("no image, but text with blanks and so on"),
      picture.subarray(0, picture.length / 2),
      Buffer.from("GIF89a"),
      Buffer.alloc(0),
      Buffer.alloc(300, 7),
      Buffer.from(Buffer.from("text in base64, which is no image either").toString("base64")),
    ]) {
      assertFailure(await call({ media, parameters: models }), 400, "media_error");
    }
  });

  it("is the answer to URLs that can't be fetched, and to those that lead inside where that is forbidden", async () => {
    for (const url of ["/missing.png", "/text.png", "/hang-up.png"].map((path) => originUrl + path)) {
      assertFailure(await call({ parameters: { ...models, url } }), 400, "media_error");
    }
    for (const url of ["nonsense", "ftp://example.com/a.png", "http://127.0.0.1:1/a.png", "http://a\0b/"]) {
      assertFailure(await call({ parameters: { ...models, url } }), 400, "media_error");
    }
    await withService({ allowPrivateUrls: false }, async (other) => {
      const inside = { key, parameters: { ...models, url: `${originUrl}/big.png` } };
      assertFailure(await callSightengine(other, inside), 400, "media_error");
    });
  });
});

describe("Sightengine's argument_error", () => {
  it("is the answer to an image that is missing or given twice", async () => {
    const models = { models: "nudity" };
    assertFailure(await call({ parameters: models }), 400, "argument_error");
    assertFailure(await call({ parameters: { ...models, url: "" } }), 400, "argument_error");
    const both = await call({ media: picture, parameters: { ...models, url: `${originUrl}/text.png` } });
    assertFailure(both, 400, "argument_error");
  });

  it("is the answer to bodies that are no form", async () => {
    const query = `${keyQuery()}&models=nudity`;
    const field = (name: string) => ({ name, body: "a" });
    const multipart = "multipart/form-data; boundary=b";
    const fields = Array.from({ length: 60 }, (_, index) => field(`f${index}`));
    for (const [type, body] of [
      ["application/json", '{"url":"http://127.0.0.1/"}'],
      ["application/json", "{"],
      ["text/xml", "<a/>"],
      [multipart, "no parts"],
      [multipart, '--b\r\nContent-Disposition: form-data; name="media"\r\n\r\nabc'],
      [multipart, multipartBody("b", [field("models"), { name: "models", body: "b" }])],
      [multipart, multipartBody("b", fields)],
      [multipart, multipartBody("b", [{ name: "custom_id", body: "x".repeat(70_000) }])],
      ["multipart/form-data", "a"],
      ["application/x-www-form-urlencoded", "models=a&models=b"],
    ] as const) {
      const init = { method: "POST", headers: { "content-type": type }, body };
      const response = await fetch(`${service.url}/1.0/check.json?${query}`, init);
      const answer = { http: response.status, headers: response.headers, body: await response.json() };
      assertFailure(answer, 400, "argument_error");
    }
  });
});

describe("Sightengine's parameters", () => {
  const say = async (fields: Record<string, string>) => {
    const body = new URLSearchParams({ ...fields, api_user: key.id, api_secret: key.secret });
    const response = await fetch(`${service.url}/1.0/check.json`, { method: "POST", body });
    const text = await response.text();
    assert.ok(text.length < 4000, `an answer of ${text.length} characters`);
    return { http: response.status, headers: response.headers, body: JSON.parse(text) };
  };
  const names = (count: number) => Array.from({ length: count }, (_, place) => `m${place}`).join(",");

  it("may have 64 KiB in a URL-encoded form too, whose room is for the image, and answers repeat few of their names", async () => {
    assertFailure(await say({ models: names(12_000), url: "x" }), 400, "argument_error");
    const some = await say({ models: names(9_000), url: "x" });
    assertFailure(some, 400, "argument_error");
    assert.match(some.body.error.message, /received m0, m1, .* and 8950 more, for which/);
    const long = await say({ models: "nudity", media: Buffer.alloc(100_000).toString("base64") });
    assertFailure(long, 400, "media_error");
  });

  it("name 100 lists at most, each looked up once however often it is named", async (t) => {
    await ask(service, "POST", "/v1/lists", { body: { name: "named" } });
    const url = `${originUrl}/text.png`;
    assertFailure(await say({ models: "nudity", url, lookalike_lists: names(101) }), 400, "argument_error");
    assertFailure(await say({ models: "nudity", url, lookalike_lists: "," }), 400, "argument_error");
    const query = t.mock.method(service.context.db.pool, "query");
    assertFailure(await say({ models: "nudity", url, lookalike_lists: "named,".repeat(5000) }), 400, "media_error");
    assert.ok(query.mock.callCount() < 20, `${query.mock.callCount()} statements`);
  });
});

describe("Sightengine's usage_limit", () => {
  it("comes with 429 and Retry-After where the quota has fewer units left than the call has models", async () => {
    const small = await service.createKey({ name: "small", quota: { limit: 2, period: "day" } });
    const check = (models: string) => call({ key: small, media: picture, parameters: { models } });
    const tooMany = await check("nudity,nudity-2.1,type");
    assertFailure(tooMany, 429, "usage_limit");
    assert.equal(tooMany.body.error.code, 32, "the vendor's number");
    assert.ok(Number(tooMany.headers.get("retry-after")) >= 1);
    assert.equal((await check("nudity,type")).body.request.operations, 2, "the refusal took nothing");
    assertFailure(await check("nudity"), 429, "usage_limit");
  });
});

describe("what Sightengine has and this service doesn't", () => {
  it("is refused in the vendor's shape, after credentials, whatever the method and the body", async () => {
    const paths = ["check", "check-sync", "check-workflow", "moderation", "byid", "ongoing", "add-to-list"];
    const endpoints = [...paths.map((path) => `/1.0/video/${path}.json`), "/1.0/upload/create-video.json"];
    for (const path of [...endpoints, "//1.0/video/check.json", "/1.0/text/check.json"]) {
      const what = path.includes("text") ? "Text" : "Video";
      for (const media of [undefined, Buffer.alloc(1000)]) {
        const answer = await call({ path, ...(media !== undefined && { media }) });
        assertFailure(answer, 404, "request_error");
        assert.equal(answer.body.error.message, `${what} moderation is not supported by this service`);
        const stranger = await call({ key: { id: "a", secret: "b" }, path, ...(media !== undefined && { media }) });
        assert.deepEqual([stranger.http, stranger.body.error], [401, WRONG_KEYS]);
      }
    }
    const large = await upload("/1.0/video/check.json", Buffer.alloc(40 * MEBIBYTE));
    assert.equal(large.body.error.message, "Video moderation is not supported by this service");
  });

  it("is no endpoint or no method: request_error with 404 or 405", async () => {
    const asked = async (method: string, path: string) => {
      const response = await fetch(service.url + path, { method });
      return { http: response.status, headers: response.headers, body: await response.json() };
    };
    for (const path of ["/1.0", "/1.0/", "//1.0/", "/1.0/check", "/1.0/nothing/at/all.json", "/1.0/%00"]) {
      assertFailure(await asked("GET", path), 404, "request_error");
    }
    for (const method of ["PUT", "PATCH", "DELETE"]) {
      const answer = await asked(method, "/1.0/check.json");
      assertFailure(answer, 405, "request_error");
      assert.equal(answer.headers.get("allow"), "GET, POST, OPTIONS");
    }
  });
});

describe("Sightengine's API for pages of other origins", () => {
  it("lets a browser's preflight pass on every path, and its answers be read", async () => {
    const asks = { origin: "https://app.example", "access-control-request-method": "POST" };
    for (const path of ["/1.0/check.json", "//1.0/check.json", "/1.0/video/check.json", "/1.0/nothing"]) {
      const response = await fetch(service.url + path, { method: "OPTIONS", headers: asks });
      assert.equal(response.status, 204, path);
      assert.equal(response.headers.get("access-control-allow-origin"), "*");
      assert.match(response.headers.get("access-control-allow-methods") ?? "", /\bPOST\b/);
      assert.equal(response.headers.get("access-control-allow-headers"), "*");
    }
    const free = await service.createKey({ name: "pages" });
    const { http, headers } = await call({ key: free, media: picture, parameters: { models: "nudity" } });
    assert.equal(http, 200);
    assert.equal(headers.get("access-control-allow-origin"), "*");
    assert.equal(headers.get("cross-origin-resource-policy"), "cross-origin");
    const native = await service.request("/v1/quota");
    assert.equal(native.headers.get("access-control-allow-origin"), null, "the native API is not opened by it");
  });
});

describe("Sightengine's api_error", () => {
  it("is the answer at the front door while the service is at its limit", async () => {
    await withService({ maxRequests: 1, fetchesAtOnce: 16 }, async (other) => {
      const held = await holdRequests(other, 1);
      for (const path of ["/1.0/check.json", "//1.0/video/check.json"]) {
        const answer = await callSightengine(other, { key, path });
        assertFailure(answer, 503, "api_error");
        assert.equal(answer.headers.get("retry-after"), "1");
      }
      await held.release();
    });
  });

  it("is the answer where the database is away", async () => {
    const cut = await startWithoutDatabase(service);
    const answer = await callSightengine(cut, { key, parameters: { models: "nudity" } });
    assertFailure(answer, 503, "api_error");
    assert.ok(Number(answer.headers.get("retry-after")) >= 1);
    await cut.close();
  });

  it("tells what was charged where an addition fails behind a check", async () => {
    const { workers } = service.context;
    let runs = 0;
    // The real workers, which have no room for the second of the two.
    const full = Object.assign(Object.create(workers) as typeof workers, {
      fingerprint: async (...args: Parameters<typeof workers.fingerprint>) => {
        if (++runs > 1) throw new AppError("overloaded", "Expected fewer images at one time");
        return await workers.fingerprint(...args);
      },
    });
    await ask(service, "POST", "/v1/lists", { body: { name: "half" } });
    const curator = await service.createKey({
      name: "half",
      scopes: ["check", "lists"],
      quota: { limit: 9, period: "day" },
    });
    await withService(
      {},
      async (other) => {
        const media = await detailedPicture(6301);
        const parameters = { models: "nudity,type", add_to_list: "half" };
        const { http, body } = await callSightengine(other, { key: curator, media, parameters });
        assert.deepEqual([http, body.error.type, body.request.operations], [503, "api_error", 2]);
      },
      full,
    );
    assert.equal((await ask(service, "GET", "/v1/quota", { key: curator.key })).body.remaining, 7);
  });
});

describe("Sightengine's API", () => {
  it("can be switched off", async () => {
    await withService({ compat: [] }, async (off) => {
      for (const path of ["/1.0/check.json", "//1.0/video/check.json"]) {
        const response = await fetch(off.url + path);
        assert.equal(response.status, 404);
        assert.equal(response.headers.get("content-type"), "application/problem+json");
      }
    });
  });
});
