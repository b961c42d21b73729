import assert from "node:assert/strict";
import { test } from "node:test";
import { Hono } from "hono";
import { HTTPException } from "hono/http-exception";
import { AppError } from "../../src/errors.ts";
import { createErrorHandler } from "../../src/http/error-handler.ts";
import { requestId } from "../../src/http/middleware/request-id.ts";
import { SECURITY_HEADERS, securityHeaders } from "../../src/http/middleware/security-headers.ts";
import { createNotFoundHandler } from "../../src/http/route-not-found.ts";
import { serveApp } from "../support/serve-app.ts";

interface LogLine {
  readonly level: string;
  readonly record: { readonly err?: unknown; readonly requestId?: string };
}

/** An app whose only real route throws what it is given. */
function throwingApp(error: unknown = new AppError("image_missing", "Expected a file for image but received none")) {
  const lines: LogLine[] = [];
  const write = (level: string) => (record: unknown) => lines.push({ level, record: record as LogLine["record"] });
  const app = new Hono();
  app.use(requestId(), securityHeaders());
  app.onError(createErrorHandler({ debug: write("debug"), warn: write("warn"), error: write("error") }));
  app.notFound(createNotFoundHandler(app));
  app.get("/throw", () => {
    throw error;
  });
  app.post("/throw", (c) => c.json({}));
  app.get("/page", (c) => c.html("<p>", 200, { "Content-Security-Policy": "style-src 'self'" }));
  return { app, lines };
}

async function thrown(error: unknown) {
  const { app, lines } = throwingApp(error);
  const response = await app.request("/throw", { headers: { "X-Request-Id": "req_1" } });
  return { response, problem: (await response.json()) as Record<string, unknown>, lines };
}

test("an error answers as a problem document of exactly the documented members", async () => {
  const { response, problem } = await thrown(new AppError("list_not_found", "Expected a list", { field: "lists" }));
  assert.equal(response.status, 404);
  assert.equal(response.headers.get("content-type"), "application/problem+json");
  assert.deepEqual(problem, {
    type: "/docs/errors#list_not_found",
    title: "There is no such list",
    status: 404,
    detail: "Expected a list",
    code: "list_not_found",
    instance: "req_1",
    field: "lists",
  });
});

test("seconds to wait are rounded up, in the body and in Retry-After", async () => {
  const { response, problem } = await thrown(new AppError("quota_exceeded", "none left", { retryAfterSeconds: 59.2 }));
  assert.equal(response.headers.get("retry-after"), "60");
  assert.equal(problem["retry_after_seconds"], 60);
});

test("every 503 says when to come back", async () => {
  for (const code of ["overloaded", "database_unavailable", "shutting_down"] as const) {
    assert.match((await thrown(new AppError(code, "not now"))).response.headers.get("retry-after") ?? "", /^\d+$/);
  }
});

test("a 401 offers Bearer and Basic, other statuses offer nothing", async () => {
  const { response } = await thrown(new AppError("credentials_invalid", "Expected a key"));
  assert.match(response.headers.get("www-authenticate") ?? "", /^Bearer realm=.*, Basic realm=/);
  assert.equal((await thrown(new AppError("scope_missing", "no"))).response.headers.get("www-authenticate"), null);
});

test("an unknown error answers fixed words and goes to the log with its cause and request id", async () => {
  const secret = new Error("password is hunter2 at /srv/secret.ts");
  const { response, problem, lines } = await thrown(secret);
  assert.equal(response.status, 500);
  assert.equal(problem["code"], "internal");
  assert.doesNotMatch(JSON.stringify(problem), /hunter2|secret/);
  assert.equal(lines.length, 1);
  assert.equal(lines[0]?.level, "error");
  assert.equal(lines[0]?.record.err, secret);
  assert.equal(lines[0]?.record.requestId, "req_1");
});

test("the cause of an error stays out of the answer, and a caller's own fault out of the log", async () => {
  const error = new AppError("image_unreadable", "Expected an image", {}, { cause: new Error("VipsJpeg: hidden") });
  const { problem, lines } = await thrown(error);
  assert.doesNotMatch(JSON.stringify(problem), /Vips/);
  assert.equal(lines.length, 0);
});

for (const [status, code] of [
  [400, "body_malformed"],
  [413, "body_too_large"],
  [415, "content_type_unsupported"],
  [418, "internal"],
] as const) {
  test(`the framework's own ${status} answers ${code} without the framework's words`, async () => {
    const { problem } = await thrown(new HTTPException(status, { message: "hidden words" }));
    assert.equal(problem["code"], code);
    assert.doesNotMatch(JSON.stringify(problem), /hidden/);
  });
}

test("an unknown path is route_not_found", async () => {
  const response = await throwingApp().app.request("/nowhere");
  assert.equal(response.status, 404);
  assert.equal(((await response.json()) as { code: string }).code, "route_not_found");
});

test("a known path under another method is method_not_allowed and lists its methods", async () => {
  const response = await throwingApp().app.request("/throw", { method: "DELETE" });
  assert.equal(response.status, 405);
  assert.equal(response.headers.get("allow"), "GET, HEAD, POST");
  assert.equal(((await response.json()) as { code: string }).code, "method_not_allowed");
});

test("a short plain X-Request-Id is kept, every other is replaced", async () => {
  const idOf = async (given: string | null) => {
    const headers: Record<string, string> = given === null ? {} : { "X-Request-Id": given };
    return (await throwingApp().app.request("/throw", { headers })).headers.get("x-request-id") ?? "";
  };
  assert.equal(await idOf("My-id_7"), "My-id_7");
  for (const given of [null, "a b", "a;b", "x".repeat(65), "<script>"])
    assert.match(await idOf(given), /^req_[0-9a-f]{32}$/);
});

test("answers and problems carry the security headers, through a server and without one", async () => {
  const { app } = throwingApp();
  const served = await serveApp(app);
  try {
    for (const response of [
      await app.request("/throw"),
      await fetch(`${served.url}/throw`),
      await fetch(`${served.url}/throw`, { method: "POST" }),
      await fetch(`${served.url}/nowhere`),
    ]) {
      for (const [name, value] of Object.entries(SECURITY_HEADERS)) assert.equal(response.headers.get(name), value);
      assert.match(response.headers.get("x-request-id") ?? "", /^req_/);
    }
  } finally {
    await served.close();
  }
});

test("a route's own security policy wins over the API's, through a server and without one", async () => {
  const { app } = throwingApp();
  const served = await serveApp(app);
  try {
    for (const response of [await app.request("/page"), await fetch(`${served.url}/page`)]) {
      assert.equal(response.headers.get("content-security-policy"), "style-src 'self'");
    }
  } finally {
    await served.close();
  }
});
