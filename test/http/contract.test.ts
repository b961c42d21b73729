import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { detailedPicture } from "../support/pictures.ts";
import { ask, check } from "../support/requests.ts";
import { startService, type TestService } from "../support/service.ts";

let service: TestService;
before(async () => {
  service = await startService({ config: { metricsPublic: true } });
});
after(() => service.close());

type Schema = { readonly [member: string]: unknown };

const UNKNOWN = "is not in the contract";

/** What in a value is not as a JSON schema says; enough of the language for our own document. */
function faults(document: Schema, schema: Schema, value: unknown, path = "answer"): string[] {
  if (typeof schema.$ref === "string") {
    const target = schema.$ref
      .split("/")
      .slice(1)
      .reduce<unknown>((at, key) => (at as Schema)[key], document);
    return faults(document, target as Schema, value, path);
  }
  if (Array.isArray(schema.anyOf) || Array.isArray(schema.oneOf)) {
    const options = (schema.anyOf ?? schema.oneOf) as Schema[];
    const found = options.map((option) => faults(document, option, value, path));
    return found.some((each) => each.length === 0) ? [] : (found[0] ?? []);
  }
  if (Array.isArray(schema.allOf)) {
    const found = (schema.allOf as Schema[]).map((each) => faults(document, each, value, path));
    // A member is in the contract where one of the parts knows it.
    return found.flat().filter((fault) => !fault.endsWith(UNKNOWN) || found.every((each) => each.includes(fault)));
  }
  const types = [schema.type].flat().filter((type): type is string => typeof type === "string");
  const type = value === null ? "null" : Array.isArray(value) ? "array" : typeof value;
  const fits = types.some((each) => each === type || (each === "integer" && Number.isInteger(value)));
  if (types.length > 0 && !fits) return [`${path} is ${type}, not ${types.join(" or ")}`];
  if (Array.isArray(schema.enum) && !schema.enum.includes(value)) return [`${path} is none of its values: ${value}`];
  if (typeof schema.pattern === "string" && typeof value === "string" && !new RegExp(schema.pattern).test(value)) {
    return [`${path} does not match ${schema.pattern}`];
  }
  if (Array.isArray(value)) {
    return value.flatMap((item, index) => faults(document, (schema.items ?? {}) as Schema, item, `${path}[${index}]`));
  }
  // An empty schema takes anything.
  if (type !== "object" || Object.keys(schema).length === 0) return [];
  const properties = (schema.properties ?? {}) as { [name: string]: Schema };
  const missing = ((schema.required ?? []) as string[]).filter((name) => !(name in (value as object)));
  return [
    ...missing.map((name) => `${path}.${name} is missing`),
    ...Object.entries(value as object).flatMap(([name, member]) => {
      const property = properties[name] ?? (schema.additionalProperties as Schema | undefined);
      return property === undefined
        ? [`${path}.${name} ${UNKNOWN}`]
        : faults(document, property, member, `${path}.${name}`);
    }),
  ];
}

describe("the contract", () => {
  it("is OpenAPI 3.1 and names every route of the native API", async () => {
    const { status, body } = await ask(service, "GET", "/openapi.json", { key: null });
    assert.equal(status, 200);
    assert.match(body.openapi, /^3\.1\./);
    const routes = Object.entries<object>(body.paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
    );
    assert.deepEqual(routes.sort(), [
      "DELETE /v1/feedback/{id}",
      "DELETE /v1/keys/{id}",
      "DELETE /v1/lists/{name}",
      "DELETE /v1/lists/{name}/entries/{id}",
      "DELETE /v1/workflows/{id}",
      "GET /healthz",
      "GET /metrics",
      "GET /readyz",
      "GET /v1/audit",
      "GET /v1/feedback",
      "GET /v1/feedback/{id}",
      "GET /v1/feedback/{id}/picture",
      "GET /v1/hashes/{kind}/{value}",
      "GET /v1/keys",
      "GET /v1/keys/{id}",
      "GET /v1/keys/{id}/usage",
      "GET /v1/lists",
      "GET /v1/lists/{name}",
      "GET /v1/lists/{name}/entries",
      "GET /v1/lists/{name}/entries/{id}",
      "GET /v1/quota",
      "GET /v1/workflows",
      "GET /v1/workflows/{id}",
      "PATCH /v1/keys/{id}",
      "PATCH /v1/lists/{name}",
      "PATCH /v1/lists/{name}/entries/{id}",
      "PATCH /v1/workflows/{id}",
      "POST /v1/feedback",
      "POST /v1/hashes/check",
      "POST /v1/images/check",
      "POST /v1/keys",
      "POST /v1/keys/{id}/rotate",
      "POST /v1/lists",
      "POST /v1/lists/{name}/entries",
      "POST /v1/profiles/check",
      "POST /v1/workflows",
      "POST /v1/workflows/{id}/check",
    ]);
  });

  it("is what real answers keep to, member by member", async () => {
    const { body: document } = await ask(service, "GET", "/openapi.json");
    const picture = await detailedPicture(901);
    const key = await service.createKey({ name: "contract", quota: { limit: 9, period: "month" } });
    const asked: [string, string, number, Promise<{ status: number; body: unknown }>][] = [];
    const note = async (method: string, path: string, status: number, answer: ReturnType<typeof ask>) => {
      asked.push([method, path, status, answer]);
      return await answer;
    };
    await note("post", "/v1/lists", 201, ask(service, "POST", "/v1/lists", { body: { name: "contract" } }));
    const entry = await note(
      "post",
      "/v1/lists/{name}/entries",
      201,
      ask(service, "POST", "/v1/lists/contract/entries", { body: picture }),
    );
    const checked = await note("post", "/v1/images/check", 200, check(service, picture));
    const said = await note(
      "post",
      "/v1/feedback",
      200,
      ask(service, "POST", "/v1/feedback?model=nsfw-mobilenet-v2&class=safe", { body: picture }),
    );
    await note("get", "/v1/feedback", 200, ask(service, "GET", "/v1/feedback"));
    await note("get", "/v1/feedback/{id}", 200, ask(service, "GET", `/v1/feedback/${said.body.id}`));
    await note("post", "/v1/images/check", 200, check(service, picture, { key: key.key }));
    const { sha1 } = checked.body.fingerprint;
    await note("get", "/v1/hashes/{kind}/{value}", 200, ask(service, "GET", `/v1/hashes/sha1/${sha1}`));
    await note("get", "/v1/hashes/{kind}/{value}", 200, ask(service, "GET", `/v1/hashes/sha1/${"0".repeat(40)}`));
    const hashes = [
      { kind: "sha1", value: sha1 },
      { kind: "pdq", value: checked.body.fingerprint.pdq },
    ];
    await note("post", "/v1/hashes/check", 200, ask(service, "POST", "/v1/hashes/check", { body: { hashes } }));
    await ask(service, "POST", "/v1/lists", { body: { name: "contract-names", kind: "names" } });
    await note(
      "post",
      "/v1/lists/{name}/entries",
      201,
      ask(service, "POST", "/v1/lists/contract-names/entries", { body: { pattern: "paypal" } }),
    );
    const image = picture.toString("base64");
    const profiles = [{ id: "1", name: "paypal", image }, { name: "a", image: "@" }, { name: "a".repeat(501) }];
    for (const body of [{ name: "paypal" }, { id: "1", image }, { name: "a", image: "@" }, { profiles }]) {
      await note("post", "/v1/profiles/check", 200, ask(service, "POST", "/v1/profiles/check", { body }));
    }
    await note("get", "/v1/lists", 200, ask(service, "GET", "/v1/lists"));
    await note("get", "/v1/lists/{name}/entries", 200, ask(service, "GET", "/v1/lists/contract/entries"));
    await note(
      "get",
      "/v1/lists/{name}/entries/{id}",
      200,
      ask(service, "GET", `/v1/lists/contract/entries/${entry.body.id}`),
    );
    const rules = [
      { when: { list: "contract" }, action: "reject", text: "Banned" },
      { when: { score: "unsafe", at_least: 0.5 }, action: "review", text: "Nudity" },
    ];
    const workflow = await note(
      "post",
      "/v1/workflows",
      201,
      ask(service, "POST", "/v1/workflows", { body: { name: "x", rules } }),
    );
    const decided = `/v1/workflows/${workflow.body.id}`;
    await note("post", "/v1/workflows/{id}/check", 200, ask(service, "POST", `${decided}/check`, { body: picture }));
    await note("patch", "/v1/workflows/{id}", 200, ask(service, "PATCH", decided, { body: { name: "y" } }));
    await note("get", "/v1/workflows", 200, ask(service, "GET", "/v1/workflows"));
    await note("get", "/v1/workflows/{id}", 200, ask(service, "GET", decided));
    await note("get", "/v1/keys", 200, ask(service, "GET", "/v1/keys"));
    await note("get", "/v1/keys/{id}", 200, ask(service, "GET", `/v1/keys/${key.id}`));
    await note("get", "/v1/keys/{id}/usage", 200, ask(service, "GET", `/v1/keys/${key.id}/usage`));
    await note("post", "/v1/keys/{id}/rotate", 200, ask(service, "POST", `/v1/keys/${key.id}/rotate`));
    await note("get", "/v1/audit", 200, ask(service, "GET", "/v1/audit"));
    await note("get", "/v1/quota", 200, ask(service, "GET", "/v1/quota"));
    await note("get", "/healthz", 200, ask(service, "GET", "/healthz"));
    await note("get", "/readyz", 200, ask(service, "GET", "/readyz"));
    for (const [method, path, status, answering] of asked) {
      const answer = await answering;
      assert.equal(answer.status, status, `${method} ${path}`);
      const { schema } = document.paths[path][method].responses[status].content["application/json"];
      assert.deepEqual(faults(document, schema, answer.body), [], `${method} ${path}`);
    }
  });

  it("declares every error that is answered, and its body", async () => {
    const { body: document } = await ask(service, "GET", "/openapi.json");
    const picture = await detailedPicture(902);
    await ask(service, "POST", "/v1/lists", { body: { name: "errors" } });
    const png = { "content-type": "image/png" };
    const long = Buffer.alloc(1024 * 1024 + 1, "a");
    await ask(service, "POST", "/v1/lists", { body: { name: "error-names", kind: "names" } });
    const image = picture.toString("base64");
    const once = { headers: { "idempotency-key": "contract" } };
    await ask(service, "POST", "/v1/hashes/check", {
      ...once,
      body: { hashes: [{ kind: "sha1", value: "0".repeat(40) }] },
    });
    const empty = await service.createKey({ name: "empty", quota: { limit: 0, period: "none" } });
    const lists = await service.createKey({ name: "lists", scopes: ["lists"] });
    const asked: [string, string, string, Parameters<typeof ask>[3]?][] = [
      ["post", "/v1/images/check", "", { body: {} }],
      ["post", "/v1/images/check", "", { body: Buffer.alloc(0), headers: png }],
      ["post", "/v1/images/check", "", { body: picture, key: empty.key }],
      ["post", "/v1/images/check", "", { body: picture, key: lists.key }],
      ["post", "/v1/images/check", "?lists=none", { body: picture }],
      ["post", "/v1/images/check", "?classify=no", { body: picture }],
      ["post", "/v1/images/check", "", { body: Buffer.alloc(21 * 1024 * 1024, 1), headers: png }],
      ["post", "/v1/images/check", "", { body: long, headers: { "content-type": "application/json" } }],
      ["post", "/v1/images/check", "", { body: "x", headers: { "content-type": "text/plain" } }],
      ["post", "/v1/images/check", "", { body: picture, ...once }],
      ["post", "/v1/images/check", "", { body: picture, headers: { "idempotency-key": "a b" } }],
      ["post", "/v1/images/check", "?lists=error-names", { body: picture }],
      ["post", "/v1/profiles/check", "", { body: {} }],
      ["post", "/v1/profiles/check", "", { body: { name: "a", lists: "none" } }],
      ["post", "/v1/profiles/check", "", { body: { image }, key: empty.key }],
      ["post", "/v1/profiles/check", "", { body: { name: "a" }, key: lists.key }],
      ["post", "/v1/profiles/check", "", { body: { name: "a" }, ...once }],
      ["post", "/v1/lists/{name}/entries", "", { body: { pattern: "" } }],
      ["post", "/v1/lists/{name}/entries", "", { body: { pattern: "a" } }],
      ["patch", "/v1/lists/{name}", "", { body: { kind: "names" } }],
      ["get", "/v1/hashes/{kind}/{value}", "?lists=error-names"],
      [
        "post",
        "/v1/hashes/check",
        "",
        { body: { hashes: [{ kind: "sha1", value: "0".repeat(40) }], lists: "error-names" } },
      ],
      ["post", "/v1/hashes/check", "", { body: { hashes: [] }, ...once }],
      ["post", "/v1/keys", "", { body: { name: "x" }, ...once }],
      ["post", "/v1/lists", "", { body: { name: "x" }, ...once }],
      ["post", "/v1/lists", "", { body: { name: "errors" } }],
      ["post", "/v1/keys/{id}/rotate", "", once],
      ["post", "/v1/lists/{name}/entries", "", { body: picture, ...once }],
      ["post", "/v1/lists/{name}/entries", "", { body: {} }],
      ["post", "/v1/lists/{name}/entries", "", { body: { hashes: { sha1: "0" } } }],
      ["get", "/v1/hashes/{kind}/{value}", ""],
      ["get", "/v1/hashes/{kind}/{value}", "?lists=%00"],
      ["get", "/v1/quota", "", { key: "wrong" }],
    ];
    const missing: [string, string][] = [
      ["key_none", "none"],
      ["%00", "%00"],
    ];
    for (const [path, methods] of Object.entries<Record<string, { requestBody?: object; security?: object[] }>>(
      document.paths,
    )) {
      for (const [method, operation] of Object.entries(methods)) {
        if (
          ["/v1/keys", "/v1/lists", "/v1/audit", "/v1/feedback", "/v1/workflows"].some((start) =>
            path.startsWith(start),
          )
        ) {
          asked.push([method, path, "", { key: null }], [method, path, "", { key: empty.key }]);
          if (method === "get") asked.push([method, path, "?limit=0&to=0001-01-01"]);
        }
        if (operation.requestBody === undefined) continue;
        asked.push([method, path, "", { body: long, headers: { "content-type": "application/json" } }]);
        asked.push([method, path, "", { body: "{", headers: { "content-type": "application/json" } }]);
        asked.push([method, path, "", { body: "x", headers: { "content-type": "text/plain" } }]);
      }
    }
    const seen = new Set<string>();
    const statuses = new Set<number>();
    for (const [method, template, query, options] of asked) {
      for (const [id, name] of template.includes("{") ? [...missing, ["key_none", "errors"] as const] : [["", ""]]) {
        const path = template
          .replace("{name}", name ?? "")
          .replace("{id}", template.includes("keys") ? (id ?? "") : "ent_1");
        const filled = path.replace("{kind}", "sha1").replace("{value}", "0");
        const answer = await ask(service, method.toUpperCase(), filled + query, options);
        if (answer.status < 400) continue;
        const what = `${method} ${template} ${answer.status} ${answer.body.code}`;
        seen.add(what);
        statuses.add(answer.status);
        assert.equal(answer.headers.get("content-type"), "application/problem+json", what);
        const declared = document.paths[template][method].responses[answer.status];
        assert.ok(declared?.description.split(", ").includes(answer.body.code), `${what} is not declared`);
        const { schema } = declared.content["application/problem+json"];
        assert.deepEqual(faults(document, schema, answer.body), [], what);
      }
    }
    assert.ok(seen.size >= 80, `${seen.size} kinds of error`);
    assert.deepEqual([...statuses].sort(), [400, 401, 403, 404, 409, 413, 415, 422, 429]);
  });

  it("says what may be sent: any form of body, an Idempotency-Key, and a key or none", async () => {
    const { body: document } = await ask(service, "GET", "/openapi.json");
    const { content } = document.paths["/v1/images/check"].post.requestBody;
    for (const type of ["multipart/form-data", "application/json", "application/x-www-form-urlencoded"]) {
      const { properties, required } = content[type].schema;
      for (const name of ["url", "lists", "classify"]) assert.ok(name in properties, `${name} of ${type}`);
      assert.deepEqual(required ?? [], type === "multipart/form-data" ? [] : ["url"]);
    }
    const anonymous: string[] = [];
    for (const [path, methods] of Object.entries<object>(document.paths)) {
      for (const [method, operation] of Object.entries<Schema>(methods as Record<string, Schema>)) {
        const ways = (operation.security ?? document.security) as object[];
        if (ways.length === 0 || ways.some((way) => Object.keys(way).length === 0)) anonymous.push(`${method} ${path}`);
        const headers = ((operation.parameters ?? []) as Schema[]).filter((each) => each.in === "header");
        const names = headers.map(({ name, required }) => [name, required ?? false]);
        assert.deepEqual(names, method === "post" ? [["Idempotency-Key", false]] : [], `${method} ${path}`);
      }
    }
    assert.deepEqual(anonymous.sort(), [
      "get /healthz",
      "get /readyz",
      "get /v1/hashes/{kind}/{value}",
      "get /v1/quota",
      "post /v1/hashes/check",
      "post /v1/images/check",
      "post /v1/profiles/check",
    ]);
  });

  it("sets the headers that keep an answer from being run, framed, sniffed or stored", async () => {
    const { headers } = await ask(service, "GET", "/v1/quota");
    assert.equal(headers.get("x-content-type-options"), "nosniff");
    assert.match(headers.get("content-security-policy") ?? "", /default-src 'none'/);
    assert.equal(headers.get("cache-control"), "no-store");
    assert.equal(headers.get("access-control-allow-origin"), null);
  });

  it("shows metrics to anyone where METRICS_PUBLIC says so", async () => {
    const response = await fetch(`${service.url}/metrics`);
    assert.equal(response.status, 200);
    const text = await response.text();
    for (const name of [
      "classifier_runs_total",
      "classifier_runs_avoided_total",
      "checks_total",
      "request_duration_seconds_bucket",
    ]) {
      assert.ok(text.includes(`lookalike_${name}`), name);
    }
    assert.ok(!/route="\/v1\/[^"]*[0-9a-f]{40}/.test(text));
  });

  it("times a request under the route that answers it, of several that its path fits", async () => {
    const times = /lookalike_request_duration_seconds_count\{method="(\w+)",route="([^"]*)",status="(\d+)"\} (\d+)/g;
    const read = async () => {
      const text = await (await fetch(`${service.url}/metrics`)).text();
      return new Map([...text.matchAll(times)].map(([, ...of]) => [of.slice(0, 3).join(" "), Number(of[3])]));
    };
    for (const [method, path, timed] of [
      ["GET", "/1.0/check.json", "GET /1.0/check.json 401"],
      ["GET", "/1.0/feedback.json", "GET /1.0/feedback.json 401"],
      ["GET", "/c/banks", "GET /c/banks 401"],
      ["GET", "/api/nothing", "GET /api/* 200"],
      ["PUT", "/v1/detect-images", "PUT /v1/detect-images/* 400"],
      ["GET", "/v1/workflows/none", "GET /v1/workflows/:id 401"],
      ["GET", "/v1/lists/none", "GET /v1/lists/:name 401"],
    ] as const) {
      const before = (await read()).get(timed) ?? 0;
      await fetch(service.url + path, { method });
      assert.equal((await read()).get(timed), before + 1, timed);
    }
  });
});
