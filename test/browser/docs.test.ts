import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import type { Browser } from "playwright-core";
import { launchChromium } from "../support/chromium.ts";
import { startService, type TestService } from "../support/service.ts";

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

describe("the docs page", () => {
  for (const [width, colorScheme] of [
    [1280, "light"],
    [390, "dark"],
  ] as const) {
    it(`shows every operation at ${width} px in ${colorScheme}, asks nothing of any other host and logs no error`, async () => {
      const page = await browser.newPage({ viewport: { width, height: 900 }, colorScheme });
      const elsewhere: string[] = [];
      const errors: string[] = [];
      page.on("request", (request) => {
        if (!request.url().startsWith(service.url)) elsewhere.push(request.url());
      });
      page.on("console", (message) => {
        if (message.type() === "error") errors.push(message.text());
      });
      page.on("pageerror", (error) => errors.push(error.message));
      const response = await page.goto(`${service.url}/docs`);
      assert.equal(response?.status(), 200);
      const document = (await (await fetch(`${service.url}/openapi.json`)).json()) as { paths: Record<string, object> };
      const text = await page.textContent("body");
      for (const path of Object.keys(document.paths)) assert.ok(text?.includes(path), path);
      const overflow = await page.evaluate(
        "document.documentElement.scrollWidth - document.documentElement.clientWidth",
      );
      assert.equal(overflow, 0);
      assert.deepEqual([elsewhere, errors], [[], []]);
      await page.close();
    });
  }

  it("leads from an error's type to its explanation", async () => {
    const problem = (await (await fetch(`${service.url}/v1/nowhere`)).json()) as { type: string };
    const page = await browser.newPage();
    await page.goto(service.url + problem.type);
    const anchor = problem.type.split("#")[1] ?? "";
    assert.equal(await page.locator(`#${anchor}`).count(), 1);
    assert.ok(await page.locator(`#${anchor}`).isVisible());
    await page.close();
  });
});
