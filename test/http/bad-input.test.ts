import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { deflateSync } from "node:zlib";
import { newSecret } from "../../src/services/api-key-token.ts";
import { detailedPicture } from "../support/pictures.ts";
import { type Answer, ask, check } from "../support/requests.ts";
import { startService, type TestService } from "../support/service.ts";

let service: TestService;
let key: string;
before(async () => {
  service = await startService({ config: { allowPrivateUrls: false } });
  ({ key } = await service.createKey({
    name: "clumsy",
    scopes: ["check", "lists"],
    quota: { limit: 5, period: "day" },
  }));
});
after(() => service.close());

function expectProblem(answer: Answer, status: number, code: string, field?: string): void {
  assert.deepEqual(
    [answer.status, answer.body.code, answer.body.field],
    [status, code, field],
    JSON.stringify(answer.body),
  );
  assert.equal(answer.headers.get("content-type"), "application/problem+json");
  assert.equal(answer.body.status, status);
  assert.match(answer.body.type, new RegExp(`#${code}$`));
  assert.ok(answer.body.title.length > 0 && answer.body.detail.length > 0);
  assert.equal(answer.body.instance, answer.headers.get("x-request-id"));
  assert.ok(!/node_modules|\/src\/|at .*\.ts:|select |ECONN/.test(JSON.stringify(answer.body)), answer.body.detail);
}

/** A PNG whose header claims these dimensions; its one line of data is real. */
function pngClaiming(width: number, height: number): Buffer {
  const chunk = (type: string, data: Buffer) => {
    const body = Buffer.concat([Buffer.from(type), data]);
    const frame = Buffer.alloc(8 + body.length);
    frame.writeUInt32BE(data.length, 0);
    body.copy(frame, 4);
    let crc = 0xffffffff;
    for (const byte of body) {
      crc ^= byte;
      for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
    }
    frame.writeUInt32BE((crc ^ 0xffffffff) >>> 0, 4 + body.length);
    return frame;
  };
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 2, 0, 0, 0], 8);
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  return Buffer.concat([
    signature,
    chunk("IHDR", header),
    chunk("IDAT", deflateSync(Buffer.alloc(64))),
    chunk("IEND", Buffer.alloc(0)),
  ]);
}

describe("bad input", () => {
  it("without an image names the field image", async () => {
    const form = new FormData();
    form.set("lists", "");
    expectProblem(await ask(service, "POST", "/v1/images/check", { key, body: form }), 400, "image_missing", "image");
    expectProblem(await ask(service, "POST", "/v1/images/check", { key }), 400, "image_missing", "image");
    expectProblem(await ask(service, "POST", "/v1/images/check", { key, body: {} }), 400, "image_missing", "url");
  });

  it("of no bytes, no image, half an image, too many bytes or pixels is told apart", async () => {
    expectProblem(await check(service, Buffer.alloc(0), { key }), 400, "image_empty", "image");
    expectProblem(await check(service, Buffer.from("<html>hello</html>"), { key }), 422, "image_unreadable", "image");
    const picture = await detailedPicture(301);
    const half = picture.subarray(0, Math.floor(picture.length / 2));
    expectProblem(await check(service, half, { key }), 422, "image_truncated", "image");
    const large = Buffer.concat([picture, Buffer.alloc(20 * 1024 * 1024)]);
    expectProblem(await check(service, large, { key }), 413, "image_too_many_bytes", "image");
    expectProblem(await check(service, pngClaiming(8000, 8000), { key }), 422, "image_too_many_pixels", "image");
    expectProblem(await check(service, Buffer.from("%PDF-1.7\n"), { key }), 415, "image_format_unsupported", "image");
  });

  it("in lists, kinds, lengths, digits, JSON and parameters names the field", async () => {
    const picture = await detailedPicture(302);
    expectProblem(await check(service, picture, { key, query: "?lists=nowhere" }), 404, "list_not_found", "lists");
    expectProblem(
      await check(service, picture, { key, query: "?classify=perhaps" }),
      400,
      "parameter_invalid",
      "classify",
    );
    const look = (kind: string, value: string) => ask(service, "GET", `/v1/hashes/${kind}/${value}`, { key });
    expectProblem(await look("crc32", "00"), 400, "hash_malformed", "kind");
    expectProblem(await look("sha1", "00"), 400, "hash_malformed", "value");
    expectProblem(await look("md5", "z".repeat(32)), 400, "hash_malformed", "value");
    const many = (body: unknown) => ask(service, "POST", "/v1/hashes/check", { key, body });
    expectProblem(
      await many({
        hashes: [
          { kind: "sha1", value: "0".repeat(40) },
          { kind: "pdq", value: "12" },
        ],
      }),
      400,
      "hash_malformed",
      "hashes[1].value",
    );
    expectProblem(await many({ hashes: [] }), 400, "parameter_invalid", "hashes");
    const hash = { kind: "sha1", value: "0".repeat(40) };
    expectProblem(await many({ hashes: Array.from({ length: 1001 }, () => hash) }), 400, "parameter_invalid", "hashes");
    expectProblem(await many("{"), 400, "body_malformed");
    expectProblem(await many({ hashes: [hash], extra: 1 }), 400, "parameter_invalid", "extra");
    expectProblem(
      await ask(service, "POST", "/v1/lists", { key, body: { name: "Upper" } }),
      400,
      "parameter_invalid",
      "name",
    );
    expectProblem(
      await ask(service, "POST", "/v1/lists", { key, body: { name: "a", pdq_threshold: 257 } }),
      400,
      "parameter_invalid",
      "pdq_threshold",
    );
  });

  it("in URLs is malformed, forbidden or unreachable", async () => {
    const url = (value: unknown) => ask(service, "POST", "/v1/images/check", { key, body: { url: value } });
    expectProblem(await url("not a url"), 400, "url_malformed", "url");
    expectProblem(await url("ftp://example.com/x.png"), 400, "url_malformed", "url");
    expectProblem(await url("file:///etc/passwd"), 400, "url_malformed", "url");
    expectProblem(await url("http://127.0.0.1/x.png"), 400, "url_forbidden", "url");
    expectProblem(await url("http://169.254.169.254/latest/meta-data"), 400, "url_forbidden", "url");
    expectProblem(await url(7), 400, "parameter_invalid", "url");
  });

  it("in keys and routes is 401, 404 or 405", async () => {
    expectProblem(await ask(service, "GET", "/v1/quota", { key: "nonsense" }), 401, "credentials_invalid");
    expectProblem(await ask(service, "GET", "/v1/nowhere", { key }), 404, "route_not_found");
    const wrongMethod = await ask(service, "DELETE", "/v1/quota", { key });
    expectProblem(wrongMethod, 405, "method_not_allowed");
    assert.match(wrongMethod.headers.get("allow") ?? "", /GET/);
  });

  it("in routes is 404 or 405 whatever body comes along, one that no route takes or that doesn't parse too", async () => {
    const form = new FormData();
    form.set("image", new Blob([await detailedPicture(302)]), "a.png");
    for (const body of [form, new URLSearchParams({ a: "b" }), "{", Buffer.alloc(2 * 1024 * 1024)]) {
      for (const [method, path, status, code] of [
        ["POST", "/v1/nowhere", 404, "route_not_found"],
        ["PATCH", "/v1/images/check/other", 404, "route_not_found"],
        ["POST", "/v1/quota", 405, "method_not_allowed"],
        ["PATCH", "/v1/images/check", 405, "method_not_allowed"],
      ] as const) {
        expectProblem(await ask(service, method, path, { key, body }), status, code);
      }
    }
  });

  it("with NUL characters or half a surrogate pair is refused wherever text is taken", async () => {
    const nul = "a\0b";
    const sha1 = "0".repeat(40);
    for (const [method, path, field, body] of [
      ["GET", `/v1/hashes/sha1/${sha1}?lists=%00`, "lists"],
      ["POST", "/v1/hashes/check", "lists", { hashes: [{ kind: "sha1", value: sha1 }], lists: nul }],
      ["POST", "/v1/images/check", "lists", { url: "http://127.0.0.1/", lists: nul }],
      ["GET", "/v1/keys/%00", "id"],
      ["GET", "/v1/keys/%00/usage", "id"],
      ["DELETE", "/v1/keys/key_%00", "id"],
      ["POST", "/v1/keys/key_%00/rotate", "id"],
      ["GET", "/v1/keys?after=%00", "after"],
      ["POST", "/v1/keys", "name", { name: nul }],
      ["POST", "/v1/keys", "name", { name: "\ud800" }],
      ["GET", "/v1/lists?after=%00", "after"],
      ["GET", "/v1/lists/%00", "name"],
      ["POST", "/v1/lists", "name", { name: nul }],
      ["POST", "/v1/lists", "description", { name: "nul", description: nul }],
      ["GET", "/v1/lists/nul/entries?after=%00", "after"],
      ["GET", "/v1/lists/nul/entries?custom_id=%00", "custom_id"],
      ["GET", "/v1/lists/nul/entries/%00", "id"],
      ["PATCH", "/v1/lists/nul/entries/ent_1", "note", { note: nul }],
      ["POST", "/v1/lists/nul/entries", "custom_id", { hashes: { sha1 }, custom_id: nul }],
      ["POST", "/v1/lists/nul/entries", "note", { hashes: { sha1 }, note: "\udc00" }],
    ] as const) {
      expectProblem(await ask(service, method, path, { body }), 400, "parameter_invalid", field);
    }
    const id = "key_\0";
    const basic = `Basic ${Buffer.from(`${id}:${newSecret(id).secret}`).toString("base64")}`;
    const login = await ask(service, "GET", "/v1/quota", { headers: { authorization: basic } });
    expectProblem(login, 401, "credentials_invalid", "Authorization");
  });

  it("in days and times that the database has no room for names the field", async () => {
    const { id } = await service.createKey({ name: "dated" });
    for (const [query, field] of [
      ["to=0001-01-01", "to"],
      ["from=0000-01-01", "from"],
      ["from=2024-01-02&to=2024-01-01", "from"],
      ["from=2022-01-01&to=2024-01-01", "from"],
    ] as const) {
      const answer = await ask(service, "GET", `/v1/keys/${id}/usage?${query}`);
      expectProblem(answer, 400, "parameter_invalid", field);
    }
    assert.equal((await ask(service, "GET", `/v1/keys/${id}/usage?from=2024-01-01&to=2024-12-31`)).status, 200);
    await ask(service, "POST", "/v1/lists", { body: { name: "dated" } });
    for (const expires_at of ["0000-01-01T00:00:00Z", "9999-12-31T23:59:59-12:00"]) {
      const body = { hashes: { sha1: "1".repeat(40) }, expires_at };
      const answer = await ask(service, "POST", "/v1/lists/dated/entries", { body });
      expectProblem(answer, 400, "parameter_invalid", "expires_at");
    }
  });

  it("leaves nothing charged, nothing stored and no worker lost", async () => {
    const pids = [...service.context.workers.stats().pids];
    const { pool } = service.context.db;
    const count = async () =>
      (await pool.query("select (select count(*) from image) as images, (select count(*) from sighting) as sightings"))
        .rows[0];
    const before = await count();
    const picture = await detailedPicture(303);
    await check(service, picture.subarray(0, 500), { key });
    await check(service, Buffer.from("GIF89a garbage"), { key });
    await check(service, pngClaiming(30000, 30000), { key });
    await check(service, picture, { key, query: "?lists=nowhere" });
    assert.deepEqual(await count(), before);
    assert.equal((await ask(service, "GET", "/v1/quota", { key })).body.remaining, 5);
    assert.equal((await pool.query("select from quota_reservation")).rowCount, 0);
    assert.equal((await pool.query("select from image_claim")).rowCount, 0);
    assert.deepEqual([...service.context.workers.stats().pids], pids);
    assert.equal((await check(service, picture, { key })).status, 200);
  });
});
