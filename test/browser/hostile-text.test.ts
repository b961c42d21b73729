import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import type { Browser, Page } from "playwright-core";
import { launchChromium } from "../support/chromium.ts";
import { flatPicture } from "../support/pictures.ts";
import { ask } from "../support/requests.ts";
import { startService, type TestService } from "../support/service.ts";

/** Text that runs `ran()` wherever it is taken for markup or script. */
const PROBES = [
  "<script>ran()</script>",
  '"><img src=x onerror=ran()>',
  "'-ran()-'",
  "</title><svg onload=ran()>",
  "javascript:ran()",
  "<!--<script>ran()//-->",
  "{{constructor.constructor('ran()')()}}",
  "\u2028ran()\u2029",
];

let service: TestService;
let browser: Browser;
before(async () => {
  service = await startService();
  browser = await launchChromium();
});
after(async () => {
  await browser?.close();
  await service?.close();
});

/** A page that counts calls of `ran()` and violations of its policy from its first moment on. */
async function openPage(headers: Record<string, string> = {}): Promise<Page> {
  const page = await browser.newPage({ extraHTTPHeaders: headers });
  await page.addInitScript(`
    window.runs = 0;
    window.ran = () => { window.runs += 1; };
    window.violations = [];
    document.addEventListener("securitypolicyviolation", (event) => window.violations.push(event.effectiveDirective));
  `);
  return page;
}

describe("the pages", () => {
  for (const path of ["/docs", "/docs/errors"]) {
    it(`${path} breaks its own policy nowhere, and runs no script that finds its way in`, async () => {
      const page = await openPage();
      await page.goto(service.url + path);
      assert.deepEqual(await page.evaluate("window.violations"), []);
      await page.evaluate(`
        document.body.insertAdjacentHTML("beforeend", "<img src=x onerror=ran()><a id=trap href='javascript:ran()'>x</a>");
        const script = document.createElement("script");
        script.textContent = "ran()";
        document.body.append(script);
        const remote = document.createElement("script");
        remote.src = "/openapi.json";
        document.body.append(remote);
        document.body.insertAdjacentHTML("beforeend", "<form id=out action='/v1/lists' method=post></form>");
      `);
      await page.evaluate("document.querySelector('#trap').click(); document.querySelector('#out').submit()");
      await page.waitForFunction(
        "['img-src', 'script-src-elem', 'form-action'].every((name) => violations.includes(name))",
      );
      assert.equal(await page.evaluate("window.runs"), 0);
      assert.equal(page.url(), service.url + path);
      await page.close();
    });
  }
});

describe("hostile text", () => {
  it("that callers stored or send runs nowhere that a browser shows it", async () => {
    const shown = new Set<string>();
    for (const [number, probe] of PROBES.entries()) {
      const { body: key } = await ask(service, "POST", "/v1/keys", { body: { name: probe, scopes: ["check"] } });
      const list = `probe-${number}`;
      await ask(service, "POST", "/v1/lists", { body: { name: list, description: probe } });
      const form = new FormData();
      form.set("image", new Blob([new Uint8Array(await flatPicture(`#00000${number}`))]), probe);
      form.set("note", probe);
      form.set("custom_id", `id ${probe}`);
      const { status, body: entry } = await ask(service, "POST", `/v1/lists/${list}/entries`, { body: form });
      assert.equal(status, 201, JSON.stringify(entry));
      const sent = encodeURIComponent(probe);
      for (const path of [
        `/v1/keys/${key.id}`,
        "/v1/keys",
        "/v1/lists",
        `/v1/lists/${list}`,
        `/v1/lists/${list}/entries`,
        `/v1/lists/${list}/entries/${entry.id}`,
        "/v1/audit",
        `/v1/lists/${sent}`,
        `/v1/hashes/sha1/${sent}`,
        `/v1/keys?after=${sent}&limit=${sent}`,
        `/nowhere/${sent}`,
        `/docs/${sent}`,
        `/docs?x=${sent}`,
        `/api/hash/${sent}`,
        `/api/upload?url=${sent}`,
      ]) {
        shown.add(path);
      }
    }
    const page = await openPage({ authorization: `Bearer ${service.adminKey}` });
    for (const path of shown) {
      const response = await page.goto(service.url + path);
      const type = response?.headers()["content-type"] ?? "";
      assert.match(type, path.startsWith("/docs?") ? /^text\/html/ : /^application\/(problem\+)?json/, path);
      assert.equal(response?.headers()["x-content-type-options"], "nosniff", path);
      assert.equal(await page.evaluate("window.runs"), 0, path);
      assert.equal(await page.locator("img[src=x], svg[onload]").count(), 0, path);
    }
    await page.close();
  });
});
