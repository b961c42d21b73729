import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { heldBodyBytes } from "../../src/http/body-budget.ts";
import { type PictureOrigin, startPictureOrigin } from "../support/picture-origin.ts";
import { detailedPicture } from "../support/pictures.ts";
import { ask } from "../support/requests.ts";
import { startService, startWithoutDatabase, type TestService, withSettings } from "../support/service.ts";

let service: TestService;
let origin: PictureOrigin;
let from = 0;

before(async () => {
  service = await startService({ config: { freeCallsPerDay: 2, trustProxy: "1" } });
  origin = await startPictureOrigin();
  assert.equal((await ask(service, "POST", "/c/banks", { body: { name: "BANK" } })).status, 201);
});
after(async () => {
  await origin.close();
  await service.close();
});

const SIGNAL = "f8f8f0cee0f4a84f06370a22038f63f0b36e2ed596621e1d33e6b39c4e9c9b22";

function form(...parts: readonly (readonly [name: string, bytes: Buffer])[]): FormData {
  const body = new FormData();
  for (const [name, bytes] of parts) body.append(name, new Blob([bytes]), "x");
  return body;
}

/** Headers of a caller without a key whom nobody saw before. */
function stranger(): Record<string, string> {
  return { "x-forwarded-for": `203.0.113.${++from}` };
}

const at = (path: string) => origin.url + path;

describe("HMA's shape of failures", () => {
  it("tells missing and misread parameters as pydantic does, all at once", async () => {
    for (const [method, path, locs] of [
      ["GET", "/h/hash", ["url"]],
      ["GET", "/m/raw_lookup", ["signal", "signal_type"]],
      ["GET", `/m/raw_lookup?signal=${SIGNAL}&signal_type=pdq&include_distance=maybe`, ["include_distance"]],
      ["GET", "/m/lookup?bypass_coinflip=2", ["bypass_coinflip"]],
    ] as const) {
      const { status, body } = await ask(service, method, path);
      assert.equal(status, 422, path);
      assert.deepEqual(
        body.map((fault: { loc: string[] }) => fault.loc[0]),
        locs,
      );
      assert.ok(body.every((fault: object) => ["type", "loc", "msg", "input"].every((name) => name in fault)));
    }
    for (const [fields, locs] of [
      [{}, ["name"]],
      [{ name: 5, enabled: "perhaps" }, ["name", "enabled"]],
      [{ name: "X", enabled_ratio: "much" }, ["enabled_ratio"]],
    ] as const) {
      const { status, body } = await ask(service, "POST", "/c/banks", { body: fields });
      const named = body.map((fault: { loc: string[] }) => fault.loc[0]);
      assert.deepEqual([status, new Set(named)], [422, new Set(locs)]);
    }
  });

  it("refuses what it can't hash or look up with 400 and a message", async () => {
    origin.serve("/text", Buffer.from("hello"));
    for (const [path, message] of [
      [`/h/hash?url=${at("/missing.png")}`, /^Failed to fetch URL: /],
      [`/h/hash?url=${at("/text")}`, /image/],
      ["/h/hash?url=nonsense", /^Invalid or unsafe URL provided$/],
      ["/h/hash?url=file:///etc/passwd", /^Invalid or unsafe URL provided$/],
      ["/h/hash?url=", /^Invalid or unsafe URL provided$/],
      [`/h/hash?url=${at("/text")}&content_type=audio`, /^no such content_type: 'audio'$/],
      [`/h/hash?url=${at("/text")}&content_type=video`, /^content_type video is not fetched by url/],
      [`/h/hash?url=${at("/text")}&types=vpdq`, /^signal type 'vpdq' doesn't exist or is disabled$/],
      [`/h/hash?url=${at("/text")}&types=,`, /^empty signal type selection$/],
      ["/m/lookup", /^Either url or both signal and signal_type are required$/],
      [`/m/lookup?signal=&signal_type=pdq`, /^Either url or both/],
      [`/m/lookup?signal=${SIGNAL}&signal_type=vpdq`, /^No such SignalType 'vpdq'$/],
      [`/m/lookup?signal=${SIGNAL.slice(1)}&signal_type=pdq`, /^invalid signal: invalid PDQ hash$/],
      ["/m/raw_lookup?signal=x&signal_type=video_md5", /^invalid signal: 'x' is not a valid MD5 hash$/],
      ["/m/index/status?signal_type=vpdq", /^No such signal type 'vpdq'$/],
    ] as const) {
      const { status, body } = await ask(service, "GET", path);
      assert.equal(status, 400, `${path} ${JSON.stringify(body)}`);
      assert.deepEqual(Object.keys(body), ["message"]);
      assert.match(body.message, message, path);
    }
  });

  it("refuses forms without exactly one file of a known name, and files that are no images, at no charge", async () => {
    const { key } = await service.createKey({ name: "charges", quota: { limit: 1, period: "day" } });
    const picture = await detailedPicture(9401);
    for (const path of ["/h/hash", "/m/lookup"]) {
      for (const [body, message] of [
        [form(), /^Missing multipart\/form-data file upload$/],
        [form(["file", picture]), /^no such content_type: 'file'$/],
        [form(["photo", picture], ["photo", picture]), /^Only one file allowed per request$/],
        [form(["photo", picture], ["video", picture]), /^Only one file allowed per request$/],
        [form(["photo", Buffer.from("hello")]), /image/],
        [form(["photo", picture.subarray(0, 2000)]), /image/],
        [form(["photo", Buffer.alloc(0)]), /image/],
        [picture, /^Missing multipart\/form-data file upload$/],
      ] as const) {
        const answer = await ask(service, "POST", path, { key, body });
        assert.equal(answer.status, 400, JSON.stringify(answer.body));
        assert.match(answer.body.message, message);
      }
    }
    const types = await ask(service, "POST", "/h/hash?types=video_md5", { key, body: form(["photo", picture]) });
    assert.match(types.body.message, /^signal type 'video_md5' doesn't exist/);
    assert.equal((await ask(service, "GET", "/v1/quota", { key })).body.remaining, 1);
    const content = await ask(service, "POST", "/c/bank/BANK/content", { body: {} });
    assert.deepEqual(content.body, { message: "Neither `url` nor multipart file upload was received" });
  });

  it("answers 413 for more than 20 MiB, sent or fetched", async () => {
    const large = Buffer.alloc(20 * 1024 * 1024 + 1);
    origin.serve("/large", large);
    const fetched = await ask(service, "GET", `/h/hash?url=${at("/large")}`);
    const sent = await ask(service, "POST", "/h/hash", { body: form(["photo", large]) });
    for (const { status, body } of [fetched, sent]) {
      assert.equal(status, 413);
      assert.match(body.message, /^Content too large/);
    }
  });

  it("answers unknown paths 404, other methods 405, bodies that are no JSON 400 or 415", async () => {
    for (const [method, path, status] of [
      ["GET", "/h/nothing", 404],
      ["GET", "/m", 404],
      ["GET", "/c/bank/BANK/", 404],
      ["GET", "/c/bank/BANK/content/abc", 404],
      ["POST", "//c/nothing", 404],
      ["GET", "/status/nothing", 404],
      ["PUT", "/h/hash", 405],
      ["DELETE", "/c/banks", 405],
      ["POST", "/site-map", 405],
    ] as const) {
      const answer = await ask(service, method, path);
      assert.equal(answer.status, status, `${method} ${path}`);
      assert.deepEqual(Object.keys(answer.body), ["message"]);
      assert.equal(answer.headers.has("allow"), status === 405, path);
    }
    const malformed = await ask(service, "POST", "/c/banks", { body: "{" });
    assert.deepEqual([malformed.status, Object.keys(malformed.body)], [400, ["message"]]);
    const headers = { "content-type": "text/plain" };
    assert.equal((await ask(service, "POST", "/c/banks", { body: "{}", headers })).status, 415);
  });

  it("gives back the room that bodies took, those of PUT among them", async () => {
    for (let call = 0; call < 3; call++) {
      await ask(service, "PUT", "/c/bank/BANK", { body: { enabled: true } });
      await ask(service, "PUT", "/c/bank/NO_BANK", { body: { enabled: true } });
    }
    assert.equal(heldBodyBytes(), 0);
  });
});

describe("HMA's callers", () => {
  it("without a key hash and look up on the free quota, look signals up for nothing, and curate nothing", async () => {
    const headers = stranger();
    const picture = form(["photo", await detailedPicture(9410)]);
    const nobody = { key: null, headers };
    assert.equal((await ask(service, "POST", "/h/hash", { ...nobody, body: picture })).status, 200);
    assert.equal((await ask(service, "POST", "/m/lookup", { ...nobody, body: picture })).status, 200);
    const refused = await ask(service, "POST", "/h/hash", { ...nobody, body: picture });
    assert.deepEqual([refused.status, Object.keys(refused.body)], [429, ["message"]]);
    assert.ok(Number(refused.headers.get("retry-after")) > 0);
    const signal = await ask(service, "GET", `/m/lookup?signal_type=pdq&signal=${SIGNAL}`, nobody);
    assert.deepEqual([signal.status, signal.body], [200, {}]);
    const video = await ask(service, "POST", "/h/hash", { ...nobody, body: form(["video", Buffer.from("free")]) });
    assert.equal(video.status, 200);
    for (const [method, path] of [
      ["GET", "/c/banks"],
      ["POST", "/c/banks"],
      ["DELETE", "/c/bank/BANK"],
      ["POST", "/c/bank/BANK/signal"],
      ["GET", "/c/exchanges"],
      ["GET", "/c/nothing"],
      ["GET", "/m/index/status"],
    ] as const) {
      const { status, body, headers: sent } = await ask(service, method, path, nobody);
      assert.equal(status, 401, `${method} ${path}`);
      assert.match(body.message, /^Authentication required/);
      assert.match(sent.get("www-authenticate") ?? "", /Basic/);
    }
  });

  it("pay one unit with a key for a picture that is new, hashed or looked up, and none for it again", async () => {
    const { key } = await service.createKey({ name: "payer", quota: { limit: 2, period: "day" } });
    const [one, two] = [form(["photo", await detailedPicture(9411)]), form(["photo", await detailedPicture(9412)])];
    const left = async () => (await ask(service, "GET", "/v1/quota", { key })).body.remaining;
    for (const [path, body, remaining] of [
      ["/h/hash", one, 1],
      ["/m/lookup", one, 1],
      ["/m/lookup", two, 0],
      ["/h/hash", two, 0],
    ] as const) {
      assert.equal((await ask(service, "POST", path, { key, body })).status, 200);
      assert.equal(await left(), remaining);
    }
    const third = await ask(service, "POST", "/m/lookup", { key, body: form(["photo", await detailedPicture(9413)]) });
    assert.equal(third.status, 429);
  });

  it("with a wrong key, or one without the scope, are refused before anything else, by Bearer and Basic", async () => {
    const checker = await service.createKey({ name: "checker", scopes: ["check"] });
    const curator = await service.createKey({ name: "curator", scopes: ["lists"] });
    const basic = (id: string, secret: string) => `Basic ${Buffer.from(`${id}:${secret}`).toString("base64")}`;
    for (const [authorization, path, status] of [
      ["Bearer lk_wrong", "/h/hash", 401],
      ["Bearer lk_wrong", "/c/banks", 401],
      ["Digest x", "/m/lookup", 401],
      [basic(checker.id, "wrong"), "/m/lookup", 401],
      [basic(checker.id, checker.secret), "/c/banks", 403],
      [`Bearer ${checker.key}`, "/c/bank/BANK", 403],
      [`Bearer ${checker.key}`, `/m/lookup?signal_type=pdq&signal=${SIGNAL}`, 200],
      [basic(curator.id, curator.secret), "/c/banks", 200],
      [`Bearer ${curator.key}`, `/m/lookup?signal_type=pdq&signal=${SIGNAL}`, 403],
    ] as const) {
      const answer = await ask(service, "GET", path, { headers: { authorization } });
      assert.equal(answer.status, status, `${authorization} ${path}`);
      if (status !== 200) assert.deepEqual(Object.keys(answer.body), ["message"]);
    }
    const video = await ask(service, "POST", "/h/hash", { key: curator.key, body: form(["video", Buffer.from("v")]) });
    assert.equal(video.status, 403);
  });

  it("never get an API key back that they sent where none belongs", async () => {
    const { key } = await service.createKey({ name: "lost" });
    for (const path of [`/c/bank/${key}`, `/h/hash?url=http://a&content_type=${key}`, `/c/exchange/${key}`]) {
      const { body } = await ask(service, "GET", path);
      assert.ok(!JSON.stringify(body).includes(key.slice(-33)), path);
    }
  });
});

describe("HMA's /status", () => {
  it("says that nothing can be answered where the database is away, and failures keep HMA's shape", async () => {
    const cut = await startWithoutDatabase(service);
    const status = await fetch(`${cut.url}/status`);
    assert.deepEqual([status.status, await status.text()], [503, "INDEX-NOT-LOADED"]);
    assert.equal((await fetch(`${cut.url}/status/live`)).status, 200);
    const lookup = await fetch(`${cut.url}/m/lookup?signal_type=pdq&signal=${SIGNAL}`);
    assert.deepEqual([lookup.status, Object.keys((await lookup.json()) as object)], [503, ["message"]]);
    assert.ok(lookup.headers.has("retry-after"));
    await cut.close();
  });

  it("is not there where the surface is switched off, nor is anything else of it", async () => {
    await withSettings(service, { compat: [] }, async (off) => {
      for (const path of ["/status", "/h/hash", "/m/lookup", "/c/banks", "//c/banks", "/site-map"]) {
        const { status, headers } = await fetch(off.url + path);
        assert.deepEqual([status, headers.get("content-type")], [404, "application/problem+json"], path);
      }
    });
  });

  it("and every other path of the surface tell in HMA's shape that the service is full", async () => {
    const { databaseUrl, context } = service;
    const full = await startService({ databaseUrl, workers: context.workers, config: { maxRequests: 0 } });
    try {
      for (const path of ["/status", "/m/lookup", "//c/banks", "/h/hash?url=x"]) {
        const response = await fetch(full.url + path);
        const body = (await response.json()) as object;
        assert.deepEqual([response.status, Object.keys(body)], [503, ["message"]], path);
      }
      const native = (await (await fetch(`${full.url}/v1/quota`)).json()) as { code: string };
      assert.equal(native.code, "overloaded");
    } finally {
      await full.close();
    }
  });
});
