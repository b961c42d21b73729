import assert from "node:assert/strict";
import { after, before, describe, it, type TestContext } from "node:test";
import { assertCleanError } from "../support/clean-error.ts";
import { type Operation, readOperations } from "../support/openapi-operations.ts";
import { exchange, type WireAnswer } from "../support/raw-exchange.ts";
import { ask } from "../support/requests.ts";
import { startService, type TestService } from "../support/service.ts";
import { vendorOperations } from "../support/vendor-routes.ts";

let service: TestService;
let port: number;
let operations: Operation[];
before(async () => {
  service = await startService({ config: { allowPrivateUrls: false, authFailuresPerMinute: 0 } });
  port = Number(new URL(service.url).port);
  const list = (await ask(service, "POST", "/v1/lists", { body: { name: "bank" } })).body;
  operations = [...(await readOperations(service)), ...vendorOperations(list.id.replace("list_", ""))];
});
after(() => service.close());

interface Sent {
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
}

interface Asked {
  readonly method: string;
  readonly target: string;
}

/** What callers put into parameters of the path and the query, percent-encoded or not at all. */
const VALUES: readonly (readonly [string, string])[] = [
  ["path traversal", "..%2f..%2f..%2fetc%2fpasswd"],
  ["path traversal, encoded twice", "%252e%252e%252fetc%252fpasswd"],
  ["dots", "....//....//"],
  ["a NUL", "a%00b"],
  ["bad percent-encoding", "%zz%"],
  ["bad UTF-8", "%ff%fe%80"],
  ["an overlong UTF-8 slash", "%c0%af"],
  ["half a surrogate pair", "%ed%a0%80"],
  ["SQL", "1'%20or%20'1'='1';--"],
  ["a prototype", "__proto__"],
  ["a constructor", "constructor"],
  ["an expression", "$%7b7*7%7d%7b%7b7*7%7d%7d"],
  ["line breaks", "a%0d%0aX-Injected:%20yes"],
  ["8 kB", "a".repeat(8000)],
  ["a number beyond 64 bits", "9".repeat(40)],
  ["minus one", "-1"],
  ["not a number", "NaN"],
  ["nothing", ""],
  ["an emoji", "%f0%9f%92%a3"],
];

const JSON_TYPE = { "Content-Type": "application/json" };

/** A JSON object with this value for members that routes read. */
function everyMember(value: string): string {
  const names = ["Name", "Metadata", "Value", "api", "bank", "disable_until_ts", "enabled", "enabled_ratio", "input"];
  return `{"name":"BANK",${[...names, "model", "note", "video_md5"].map((name) => `"${name}":${value}`).join(",")}}`;
}

const deepObject = (depth: number) => `${'{"a":'.repeat(depth)}1${"}".repeat(depth)}`;

/** Bodies that no route takes, or should mind. */
const BODIES: readonly (readonly [string, Sent])[] = [
  ["no body", {}],
  ["no JSON", { headers: JSON_TYPE, body: "{" }],
  ["empty JSON", { headers: JSON_TYPE, body: "" }],
  ["deep nesting", { headers: JSON_TYPE, body: "[".repeat(100_000) }],
  ["deep nesting that ends", { headers: JSON_TYPE, body: deepObject(20_000) }],
  ["an array", { headers: JSON_TYPE, body: "[]" }],
  ["null", { headers: JSON_TYPE, body: "null" }],
  ["a number", { headers: JSON_TYPE, body: "1e999" }],
  ["a string", { headers: JSON_TYPE, body: '"text"' }],
  ["bad UTF-8", { headers: JSON_TYPE, body: Buffer.from([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x3a, 0x31, 0x7d]) }],
  ["NUL bytes", { headers: JSON_TYPE, body: Buffer.alloc(64) }],
  ["a byte order mark", { headers: JSON_TYPE, body: "\ufeff{}" }],
  ["a prototype", { headers: JSON_TYPE, body: '{"__proto__":{"admin":true},"constructor":{"prototype":{"a":1}}}' }],
  [
    "arrays and objects for every member",
    {
      headers: JSON_TYPE,
      body: '{"name":[],"hashes":{},"url":{"a":1},"lists":[[]],"scopes":"x","quota":[],"note":{}}',
    },
  ],
  ["members nested deep", { headers: JSON_TYPE, body: everyMember(`${"[".repeat(10_000)}${"]".repeat(10_000)}`) }],
  ["members that can't be made text", { headers: JSON_TYPE, body: everyMember('{"toString":1,"valueOf":[]}') }],
  ["objects nested deep in a member", { headers: JSON_TYPE, body: `{"metadata":{"json":${deepObject(20_000)}}}` }],
  ["pairs of objects", { headers: JSON_TYPE, body: '{"video_md5":[{"toString":1},{}],"pdq":[[],1]}' }],
  ["members of no route", { headers: JSON_TYPE, body: '{"surprise":1}' }],
  ["NULs and surrogates in text", { headers: JSON_TYPE, body: '{"name":"a\\u0000b","note":"\\ud800"}' }],
  ["a number too large", { headers: JSON_TYPE, body: `{"name":"a","pdq_threshold":${"9".repeat(400)}}` }],
  ["compressed", { headers: { ...JSON_TYPE, "Content-Encoding": "gzip" }, body: "{}" }],
  ["another content type", { headers: { "Content-Type": "text/xml" }, body: "<a/>" }],
  ["a content type that is none", { headers: { "Content-Type": "\x7f;;=" }, body: "a" }],
  ["a form without a boundary", { headers: { "Content-Type": "multipart/form-data" }, body: "a" }],
  ["a form that never begins", { headers: { "Content-Type": "multipart/form-data; boundary=b" }, body: "a" }],
  [
    "a form that breaks off",
    {
      headers: { "Content-Type": "multipart/form-data; boundary=b" },
      body: '--b\r\nContent-Disposition: form-data; name="image"; filename="../../etc/passwd"\r\n\r\nabc',
    },
  ],
  [
    "a form with a field twice",
    { headers: { "Content-Type": "application/x-www-form-urlencoded" }, body: "lists=a&lists=b&__proto__=c" },
  ],
  ["bytes that are no image", { headers: { "Content-Type": "image/png" }, body: Buffer.alloc(300, 7) }],
  ["an empty image", { headers: { "Content-Type": "image/png" }, body: "" }],
];

const CREDENTIALS: readonly (readonly [string, Readonly<Record<string, string>>])[] = [
  ["no key", { Authorization: "" }],
  ["a key that is none", { Authorization: "Bearer nonsense" }],
  ["a key with a NUL in Basic", { Authorization: `Basic ${Buffer.from("a\0b:c\0d").toString("base64")}` }],
  ["Basic that is no base64", { Authorization: "Basic %%%" }],
  ["Basic without a colon", { Authorization: `Basic ${Buffer.from("abc").toString("base64")}` }],
  ["another scheme", { Authorization: 'Digest username="x", realm="y"' }],
  ["an 8 kB key", { Authorization: `Bearer ${"k".repeat(8000)}` }],
  ["a vendor key of another kind", { NSFWKEY: "' or 1=1 --" }],
];

const METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND", "QUERY"];

const HEADERS: readonly (readonly [string, Readonly<Record<string, string>>])[] = [
  ["an Idempotency-Key of 300 characters", { "Idempotency-Key": "k".repeat(300) }],
  ["an Idempotency-Key with blanks", { "Idempotency-Key": "a b" }],
  ["an X-Request-Id of markup", { "X-Request-Id": "<script>" }],
  ["a Range", { Range: "bytes=0-1,5-" }],
  ["an If-Match", { "If-Match": "*", "If-Modified-Since": "yesterday" }],
  ["a method in a header", { "X-HTTP-Method-Override": "DELETE" }],
  ["another path in a header", { "X-Original-URL": "/v1/keys", "X-Rewrite-URL": "/v1/keys" }],
  ["addresses of all kinds", { "X-Forwarded-For": "::, 127.0.0.1, x, ,,", Forwarded: "for=[::1]" }],
  ["an Accept of nothing there is", { Accept: "image/gif;q=0" }],
];

/** The operation's path with the same value for every parameter. */
function fill({ path }: Operation, value: string): string {
  return path.replaceAll(/\{[^}]+\}/g, value);
}

/** Whose keys are parameters. */
function withSightengineKey(target: string): string {
  if (!/^\/{1,2}1\.0\//.test(target)) return target;
  return `${target}${target.includes("?") ? "&" : "?"}api_user=key_admin&api_secret=${service.adminKey}`;
}

async function send(sent: Sent & Asked): Promise<WireAnswer> {
  const body = Buffer.from(sent.body ?? "");
  const headers = {
    Host: "service.example",
    Connection: "close",
    Authorization: `Bearer ${service.adminKey}`,
    "Ocp-Apim-Subscription-Key": service.adminKey,
    ...sent.headers,
    ...(sent.body === undefined ? {} : { "Content-Length": String(body.length) }),
  };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  const head = Buffer.from(
    `${sent.method} ${withSightengineKey(sent.target)} HTTP/1.1\r\n${lines.join("")}\r\n`,
    "latin1",
  );
  const [answer] = await exchange(port, Buffer.concat([head, body]));
  assert.ok(answer !== undefined, `no answer to ${sent.method} ${sent.target.slice(0, 200)}`);
  return answer;
}

function judge(name: string, { method, target }: Asked, answer: WireAnswer): void {
  const what = `${name}: ${method} ${target.slice(0, 200)}: ${answer.status} ${answer.body.slice(0, 500)}`;
  assert.ok(answer.status < 500, what);
  assert.ok(!answer.headers.has("x-injected"), what);
  if (answer.status < 400 || method === "HEAD") return;
  try {
    // What was asked for may stand in the answer, in quotes; it's the caller's own.
    assertCleanError(
      answer,
      answer.body.replaceAll(JSON.stringify(JSON.stringify(target)).slice(1, -1), '\\"/asked\\"'),
    );
  } catch (error) {
    throw new Error(what, { cause: error });
  }
}

/** Sends one request after another, and tells how many got which status. */
async function sweep(t: TestContext, cases: readonly (readonly [string, Sent & Asked])[]): Promise<void> {
  const statuses: Record<number, number> = {};
  for (const [name, sent] of cases) {
    const answer = await send(sent);
    judge(name, sent, answer);
    statuses[answer.status] = (statuses[answer.status] ?? 0) + 1;
  }
  t.diagnostic(`${cases.length} requests; answers by status: ${JSON.stringify(statuses)}`);
  assert.ok(
    Object.keys(statuses).some((status) => Number(status) >= 400),
    "none was refused",
  );
}

describe("every error answer is whole, clean and no fault of ours", () => {
  it("whatever stands in the path", async (t) => {
    const cases = operations
      .filter(({ path }) => path.includes("{"))
      .flatMap((operation) =>
        VALUES.map(([name, value]) => {
          return [name, { method: operation.method, target: fill(operation, value) }] as const;
        }),
      );
    await sweep(t, cases);
  });

  it("whatever stands in the query", async (t) => {
    const cases = operations.flatMap((operation) =>
      VALUES.flatMap(([name, value]) => {
        const names = operation.queryNames.length > 0 ? operation.queryNames : ["surprise"];
        const query = names.map((each) => `${each}=${value}`).join("&");
        return [[name, { method: operation.method, target: `${fill(operation, "none")}?${query}&${query}` }] as const];
      }),
    );
    await sweep(t, cases);
  });

  it("whatever the body", async (t) => {
    const cases = operations.flatMap((operation) =>
      // A large body that no route reads is cut off behind its answer.
      BODIES.filter(([, { body = "" }]) => operation.takesBody || body.length < 200_000).map(([name, sent]) => {
        return [name, { ...sent, method: operation.method, target: fill(operation, "none") }] as const;
      }),
    );
    await sweep(t, cases);
  });

  it("whatever the method", async (t) => {
    const paths = [...new Set(operations.map((operation) => fill(operation, "none"))), "/", "/docs", "/nowhere"];
    await sweep(
      t,
      paths.flatMap((target) => METHODS.map((method) => [method, { method, target }] as const)),
    );
  });

  it("whatever the other headers", async (t) => {
    const cases = operations.flatMap((operation) =>
      HEADERS.map(([name, headers]) => {
        return [name, { headers, method: operation.method, target: fill(operation, "none") }] as const;
      }),
    );
    await sweep(t, cases);
  });

  it("whatever the credentials", async (t) => {
    const cases = operations.flatMap((operation) =>
      CREDENTIALS.map(([name, headers]) => {
        return [name, { headers, method: operation.method, target: fill(operation, "none") }] as const;
      }),
    );
    await sweep(t, cases);
  });

  it("and no member of any object was added to all of them", () => {
    assert.equal(({} as Record<string, unknown>).admin, undefined);
    assert.equal(({} as Record<string, unknown>).a, undefined);
  });
});
