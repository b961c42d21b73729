import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { assertCleanError } from "../support/clean-error.ts";
import { readApiRoutes } from "../support/openapi-routes.ts";
import { flatPicture } from "../support/pictures.ts";
import { startService, type TestService } from "../support/service.ts";

const PAGES = ["/docs", "/docs/errors"];
const OTHERS = [
  "/openapi.json",
  "/nowhere",
  "/v1/nowhere",
  "/v1/%00",
  "/v1/lists/%F0%28%8C%28",
  "/%2e%2e/nowhere",
  "/docs/nowhere",
];
const VENDOR = ["/api/upload", `/api/hash/${"0".repeat(40)}`, "/api/hash/x", "/api/nowhere"];
const METHODS = ["GET", "HEAD", "POST", "PATCH", "PUT", "DELETE", "OPTIONS"];

/** What a browser would say before a page of another origin may call. */
const PREFLIGHT = {
  origin: "https://elsewhere.example",
  "access-control-request-method": "POST",
  "access-control-request-headers": "authorization, content-type, nsfwkey",
};

/** The directives of a policy by name. */
function directives(policy: string): Map<string, string> {
  return new Map(
    policy.split(";").map((directive) => {
      const [name = "", ...values] = directive.trim().split(/\s+/);
      return [name, values.join(" ")];
    }),
  );
}

describe("every answer", () => {
  let service: TestService;
  let targets: { method: string; path: string }[];
  before(async () => {
    service = await startService({ config: { freeCallsPerDay: 1_000_000 } });
    const routes = await readApiRoutes(service.url);
    const paths = [...new Set([...routes.map(({ path }) => path), ...PAGES, ...OTHERS, ...VENDOR])];
    assert.ok(paths.length > 20, `${paths.length} paths`);
    targets = paths.flatMap((path) => METHODS.map((method) => ({ method, path })));
  });
  after(() => service.close());

  /** Every path by every method, as the admin, as nobody, with a bad key and with a bad body. */
  async function forEachAnswer(
    judge: (response: Response, what: string, body: string) => void,
    extra: Record<string, string> = {},
  ): Promise<number> {
    let answers = 0;
    for (const { method, path } of targets) {
      for (const authorization of [`Bearer ${service.adminKey}`, "", "Bearer wrong"]) {
        const init: RequestInit = { method, headers: { authorization, "content-type": "application/json", ...extra } };
        if (!["GET", "HEAD", "OPTIONS"].includes(method)) init.body = "{";
        const response = await fetch(service.url + path, init);
        judge(response, `${method} ${path} ${response.status}`, await response.text());
        answers += 1;
      }
    }
    return answers;
  }

  it("says that its connection is kept for longer than load balancers keep theirs", async () => {
    const response = await fetch(`${service.url}/healthz`);
    await response.arrayBuffer();
    const [, seconds] = /^timeout=(\d+)$/.exec(response.headers.get("keep-alive") ?? "") ?? [];
    assert.ok(Number(seconds) > 60, `${response.headers.get("keep-alive")}`);
  });

  it("takes its type at its word, runs nothing, is framed nowhere, embedded nowhere, and sends no referrer", async (t) => {
    const answers = await forEachAnswer((response, what, body) => {
      const { headers } = response;
      assert.equal(headers.get("x-content-type-options"), "nosniff", what);
      assert.equal(headers.get("referrer-policy"), "no-referrer", what);
      assert.equal(headers.get("x-frame-options"), "DENY", what);
      assert.equal(headers.get("cross-origin-resource-policy"), "same-origin", what);
      assert.equal(headers.get("x-powered-by") ?? headers.get("server"), null, what);
      assert.equal(headers.get("set-cookie"), null, what);
      const policy = directives(headers.get("content-security-policy") ?? "");
      assert.equal(policy.get("default-src"), "'none'", what);
      for (const name of ["base-uri", "form-action", "frame-ancestors"]) {
        assert.equal(policy.get(name), "'none'", `${what}: ${name}`);
      }
      assert.ok(!policy.has("script-src") && !/unsafe|\*/.test([...policy.values()].join(" ")), what);
      const isPage = headers.get("content-type")?.startsWith("text/html") === true;
      assert.equal(
        isPage,
        PAGES.some((page) => what.includes(` ${page} 200`)),
        what,
      );
      assert.equal(headers.get("cache-control"), isPage ? "no-cache" : "no-store", what);
      if (isPage) {
        assert.equal(headers.get("cross-origin-opener-policy"), "same-origin", what);
        assert.match(headers.get("permissions-policy") ?? "", /camera=\(\)/, what);
      }
      if (response.status >= 400 && body !== "" && !what.includes("/readyz")) assertCleanError(response, body);
    });
    t.diagnostic(`${answers} answers`);
  });

  it("lets no page of another origin read it: no CORS header on the native API, preflights included", async (t) => {
    const answers = await forEachAnswer((response, what) => {
      const allowed = [...response.headers.keys()].filter((name) => name.startsWith("access-control-"));
      assert.deepEqual(allowed, [], what);
      if (what.startsWith("OPTIONS /v1/")) assert.notEqual(Math.trunc(response.status / 100), 2, what);
    }, PREFLIGHT);
    t.diagnostic(`${answers} answers`);
  });

  it("of nsfw-categorize.it's surface lets none either, since that contract says nothing of other origins", async () => {
    const picture = new Uint8Array(await flatPicture());
    const form = new FormData();
    form.set("image", new Blob([picture]), "a.png");
    const response = await fetch(`${service.url}/api/upload`, {
      method: "POST",
      headers: { origin: PREFLIGHT.origin },
      body: form,
    });
    assert.equal(((await response.json()) as { status: string }).status, "OK");
    assert.deepEqual(
      [...response.headers.keys()].filter((name) => name.startsWith("access-control-")),
      [],
    );
  });
});
