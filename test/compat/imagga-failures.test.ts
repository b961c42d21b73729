import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { imagga } from "../../src/compat/imagga/surface.ts";
import { AppError, ERRORS, type ErrorCode } from "../../src/errors.ts";
import { assertCleanError, assertTellsNothing } from "../support/clean-error.ts";
import { askImagga, basic, failureText, fileForm, uploadImage } from "../support/imagga.ts";
import { flatPicture } from "../support/pictures.ts";
import { exchange } from "../support/raw-exchange.ts";
import { startService, type TestService, withSettings } from "../support/service.ts";

/** Those that the vendor's documentation names. */
const STATUSES = new Set([400, 401, 403, 404, 405, 406, 410, 429, 500, 503]);

let service: TestService;
let port: number;
let key: { id: string; key: string; secret: string };
before(async () => {
  service = await startService({ config: { allowPrivateUrls: false } });
  port = Number(new URL(service.url).port);
  key = await service.createKey({ name: "failures" });
});
after(() => service.close());

interface Sent {
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
}

const JSON_TYPE = { "Content-Type": "application/json" };
const FORM_TYPE = { "Content-Type": "application/x-www-form-urlencoded" };
const MULTIPART = { "Content-Type": "multipart/form-data; boundary=b" };
const part = (disposition: string, body: string) =>
  `--b\r\nContent-Disposition: form-data; ${disposition}\r\n\r\n${body}\r\n`;

const BODIES: readonly (readonly [string, Sent])[] = [
  ["no body", {}],
  ["JSON that breaks off", { headers: JSON_TYPE, body: "{" }],
  ["deep JSON", { headers: JSON_TYPE, body: "[".repeat(50_000) }],
  ["NUL bytes", { headers: FORM_TYPE, body: Buffer.alloc(64) }],
  ["a field twice", { headers: FORM_TYPE, body: "image_base64=a&image_base64=b" }],
  ["a prototype for a field", { headers: FORM_TYPE, body: "__proto__=a&constructor=b&image_upload_id=%00" }],
  ["a thousand fields", { headers: FORM_TYPE, body: Array.from({ length: 1000 }, (_, i) => `f${i}=1`).join("&") }],
  ["a multipart without a boundary", { headers: { "Content-Type": "multipart/form-data" }, body: "a" }],
  ["a multipart that never begins", { headers: MULTIPART, body: "a" }],
  ["a multipart that breaks off", { headers: MULTIPART, body: part('name="image"; filename="../../etc/passwd"', "x") }],
  ["twenty images", { headers: MULTIPART, body: `${part('name="image"; filename="a"', "x").repeat(20)}--b--\r\n` }],
  ["a part without a name", { headers: MULTIPART, body: `${part('filename="a"', "x")}--b--\r\n` }],
  ["base64 that is none", { headers: MULTIPART, body: `${part('name="image_base64"', "\0\0\0")}--b--\r\n` }],
  ["a compressed body", { headers: { ...FORM_TYPE, "Content-Encoding": "gzip" }, body: "a=b" }],
  ["another content type", { headers: { "Content-Type": "text/xml" }, body: "<a/>" }],
];

const QUERIES: readonly string[] = [
  "",
  "?image_url=file:///etc/passwd",
  "?image_url=http://169.254.169.254/latest/meta-data",
  "?image_url=http://127.0.0.1:5432/",
  "?image_url=http%3A%2F%2F%5B%3A%3A1%5D%2F",
  "?url=http://localhost/&url=gopher://x",
  "?image_upload_id=../../etc/passwd",
  "?image_upload_id=%00",
  "?image_upload_id='%20or%20'1'='1",
  `?content=${"a".repeat(8000)}`,
  "?content=%ff%fe&language=%00",
  "?image_url=%zz&language=__proto__",
  "?history=1&concurrency=%00&fix=%ff",
];

const PATHS = [
  "/v2/uploads",
  "/v2/uploads/%00",
  "/v2/uploads/..%2f..%2fetc",
  "/v2/categories/nsfw_beta",
  "/v2/categories/%ff%fe",
  "/v2/categories/__proto__",
  "/v2/usage",
  "/v2/similar-images/categories/a/b",
  "/v2/tickets/1",
  "/v1/content",
  "/v1/content/%zz",
  "/v1/categorizations/nsfw_beta",
  "/v1/categorizations/constructor",
  "/v1/usage",
];

async function send(method: string, target: string, { headers = {}, body = "" }: Sent) {
  const bytes = Buffer.from(body);
  const all = {
    Host: "service.example",
    Connection: "close",
    Authorization: basic(key),
    ...headers,
    "Content-Length": String(bytes.length),
  };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  const [answer] = await exchange(
    port,
    Buffer.concat([Buffer.from(`${method} ${target} HTTP/1.1\r\n${lines.join("")}\r\n`, "latin1"), bytes]),
  );
  assert.ok(answer !== undefined, `no answer to ${method} ${target}`);
  return answer;
}

function judge(path: string, what: string, answer: { status: number; headers: Headers; body: string }): void {
  const text = `${what} ${path}: ${answer.status} ${answer.body.slice(0, 300)}`;
  assert.ok(answer.status < 500, text);
  assertTellsNothing(answer.headers, answer.body);
  assert.equal(answer.headers.get("content-type"), "application/json", text);
  const body = JSON.parse(answer.body);
  if (answer.status < 400) return;
  assert.ok(STATUSES.has(answer.status), text);
  failureText(path, body);
}

describe("Imagga's surface under hostile input", () => {
  it("answers every body with the vendor's object and no more than 4xx", async () => {
    for (const target of ["/v2/uploads", "/v2/categories/nsfw_beta", "/v1/content"]) {
      for (const [name, sent] of BODIES) judge(target, name, await send("POST", target, sent));
    }
  });

  it("answers every path and query so, by every method", async () => {
    for (const path of PATHS) {
      for (const query of QUERIES) judge(path + query, "GET", await send("GET", path + query, {}));
      for (const method of ["POST", "PUT", "PATCH", "DELETE", "PROPFIND"]) {
        judge(path, method, await send(method, path, {}));
      }
    }
  });

  it("tells no inside address from another by its answer to a URL", async () => {
    const texts = new Set<string>();
    for (const url of [
      "http://127.0.0.1/",
      "http://169.254.169.254/",
      "http://10.0.0.1/",
      "http://[::1]/",
      "http://localhost/",
    ]) {
      const path = `/v2/categories/nsfw_beta?image_url=${encodeURIComponent(url)}`;
      const { status, body } = await askImagga(service, key, "GET", path);
      assert.equal(status, 400);
      texts.add(body.status.text);
    }
    assert.equal(texts.size, 1);
  });
});

describe("Imagga's surface where the service fails", () => {
  it("answers every error of the catalogue with a status of the vendor's and a text", () => {
    for (const code of Object.keys(ERRORS) as ErrorCode[]) {
      for (const path of ["/v2/usage", "/v1/usage"]) {
        const refused = imagga.refusal(path, new AppError(code, "Expected something else"));
        assert.ok(refused !== null && STATUSES.has(refused.status), code);
        failureText(path, refused.body);
        if (refused.status === 503) assert.ok(Number(refused.headers?.["Retry-After"]) > 0, code);
        if (refused.status === 401) assert.match(refused.headers?.["WWW-Authenticate"] ?? "", /^Basic /);
      }
    }
    const internal = imagga.refusal("/v2/categories/nsfw_beta", new AppError("internal", "secret things"));
    assert.deepEqual(internal?.body, {
      status: { type: "error", text: "Unexpected error while running the classification job." },
    });
  });

  it("owns its own paths in refusals and no others", () => {
    const error = new AppError("overloaded", "Expected fewer requests");
    for (const target of [
      "/v2",
      "/v2?x",
      "/v2/uploads",
      "/v1/content",
      "/v1/categorizations/x?url=y",
      "/v1/usage?fix=1",
      "/v1//content",
    ]) {
      assert.notEqual(imagga.refusal(target, error), null, target);
    }
    for (const target of [
      "/v22",
      "/v1",
      "/v1/lists",
      "/v1//lists",
      "/v1/contents",
      "/v1/quota",
      "/v3/tags",
      "/",
      "*",
    ]) {
      assert.equal(imagga.refusal(target, error), null, target);
    }
  });

  it("answers a request that no route was asked for in the vendor's shape", async () => {
    for (const path of ["/v2/usage", "/v1/usage"]) {
      const [answer] = await exchange(port, `GET ${path} HTTP/1.1\r\nConnection: close\r\n\r\n`);
      assert.equal(answer?.status, 400);
      assert.equal(answer?.headers.get("content-type"), "application/json");
      assert.equal(answer?.headers.get("access-control-allow-origin"), "*");
      failureText(path, JSON.parse(answer?.body ?? ""));
    }
  });

  it("answers 503 with Retry-After where the database is away", async () => {
    const cut = await startService({ databaseUrl: service.databaseUrl, workers: service.context.workers });
    try {
      const picture = await flatPicture("#760100");
      await uploadImage(cut, key, picture);
      await cut.context.db.pool.end();
      const answers = await Promise.all(
        (
          [
            ["POST", "/v2/uploads", fileForm({ image: picture })],
            ["GET", "/v2/usage"],
            ["GET", "/v2/categories/nsfw_beta?image_upload_id=i0"],
            ["GET", "/v1/categorizations/nsfw_beta?content=0&content=1"],
          ] as const
        ).map(async ([method, path, body = null]) => ({ path, ...(await askImagga(cut, key, method, path, body)) })),
      );
      for (const { path, status, headers, body } of answers) {
        assert.deepEqual([status, failureText(path, body)], [503, "The service is busy. Please try again later."]);
        assert.ok(Number(headers.get("retry-after")) > 0);
      }
    } finally {
      // Its database is closed already.
      await cut.close().catch(() => {});
    }
  });

  it("can be switched off: its paths are the native API's then", async () => {
    await withSettings(service, { compat: [] }, async (off) => {
      for (const [method, path] of [
        ["POST", "/v2/uploads"],
        ["GET", "/v2/categories/nsfw_beta"],
        ["GET", "/v1/usage"],
        ["GET", "/v1/categorizers"],
      ] as const) {
        const response = await fetch(off.url + path, { method, headers: { authorization: basic(key) } });
        assert.equal(response.status, 404, path);
        assert.equal(response.headers.get("content-type"), "application/problem+json");
        assertCleanError(response, await response.text());
      }
    });
  });
});
