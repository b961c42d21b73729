import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { createRoute, OpenAPIHono, z } from "@hono/zod-openapi";
import { ERRORS } from "../../src/errors.ts";
import { DOCS_HEADERS } from "../../src/http/docs-page/page-frame.ts";
import { renderDocsPage } from "../../src/http/docs-page/render-docs-page.ts";
import { renderErrorsPage } from "../../src/http/docs-page/render-errors.ts";
import { SAMPLE_DOCUMENT } from "./docs-page-sample.ts";

const page = renderDocsPage(SAMPLE_DOCUMENT);

function idsOf(markup: string): string[] {
  return [...markup.matchAll(/ id="([^"]+)"/g)].map((match) => match[1] ?? "");
}

test("each operation stands under its tag at an anchor of its own", () => {
  const ids = idsOf(page);
  for (const id of ["group-images", "checkimage", "group-lists", "getlist", "delete-v1-lists-name", "group-other"]) {
    assert.ok(ids.includes(id), id);
  }
  assert.equal(new Set(ids).size, ids.length);
});

test("every link within a page leads to an anchor of that page", () => {
  for (const markup of [page, renderErrorsPage()]) {
    const ids = new Set(idsOf(markup));
    for (const [, target] of markup.matchAll(/href="#([^"]+)"/g)) assert.ok(ids.has(target ?? ""), target);
  }
});

test("every error code is an anchor of the reference and of the errors page", () => {
  for (const markup of [page, renderErrorsPage()]) {
    const ids = idsOf(markup);
    for (const code of Object.keys(ERRORS)) assert.ok(ids.includes(code), code);
  }
});

test("headings go down by one level at a time", () => {
  for (const markup of [page, renderErrorsPage()]) {
    const levels = [...markup.matchAll(/<h([1-6])[ >]/g)].map((match) => Number(match[1]));
    assert.equal(levels.filter((level) => level === 1).length, 1);
    levels.forEach((level, index) => {
      assert.ok(level <= (levels[index - 1] ?? 0) + 1, `heading ${index}`);
    });
  }
});

test("the pages need no script and nothing from elsewhere, and their one style is allowed by its hash", () => {
  for (const markup of [page, renderErrorsPage()]) {
    assert.doesNotMatch(markup, /<script|<link rel="stylesheet"|<img| style="| on[a-z]+="|@import|url\(/);
    const style = /<style>([\s\S]*?)<\/style>/.exec(markup)?.[1] ?? "";
    const hash = createHash("sha256").update(style).digest("base64");
    const policy = DOCS_HEADERS["Content-Security-Policy"] ?? "";
    assert.ok(policy.includes(`style-src 'sha256-${hash}'`));
    assert.ok(policy.startsWith("default-src 'none'"));
  }
});

test("text of the document is escaped", () => {
  assert.ok(page.includes("&lt;b&gt;escaped&lt;/b&gt;"));
  assert.ok(!page.includes("<b>escaped"));
});

test("each way to send a body has a curl command", () => {
  const text = page.replaceAll("&#39;", "'").replaceAll("&quot;", '"');
  for (const line of [
    "curl 'http://localhost:8080/v1/images/check'",
    '-H "Authorization: Bearer $LOOKALIKE_KEY"',
    "-F image=@photo.jpg",
    "-H 'Content-Type: image/jpeg' \\\n  --data-binary @photo.jpg",
    `-d '{"url":"https://example.com/it'\\''s.jpg"}'`,
    "curl -X DELETE 'http://localhost:8080/v1/lists/banned'",
    "curl 'http://localhost:8080/healthz'",
  ]) {
    assert.ok(text.includes(line), line);
  }
});

test("a schema shows its members, limits and choices, and one inside itself ends", () => {
  for (const text of [
    "Hamming distance in bits.",
    "0 to 256",
    "1 to 64 characters",
    "array of object",
    "object or null",
  ]) {
    assert.ok(page.includes(text), text);
  }
  assert.equal([...page.matchAll(/Hamming distance in bits\./g)].length, 1);
});

test("an example has as many hex digits as the schema asks for", () => {
  assert.match(page, /&quot;sha1&quot;: &quot;[0-9a-f]{40}&quot;/);
});

test("whether a key is needed or optional stands beside the path", () => {
  assert.ok(page.includes("key optional"));
  assert.equal([...page.matchAll(/needs a key/g)].length, 3);
});

test("a document made by the route definitions is accepted as it is", () => {
  const app = new OpenAPIHono();
  const schema = z
    .object({ id: z.string().openapi({ example: "ent_2s" }), note: z.string().nullable() })
    .openapi("Entry");
  const responses = { 200: { description: "The entry", content: { "application/json": { schema } } } };
  app.openapi(createRoute({ method: "get", path: "/v1/entries", summary: "Read entries", responses }), (c) =>
    c.json({ id: "ent_2s", note: null }, 200),
  );
  const document = app.getOpenAPI31Document({ openapi: "3.1.0", info: { title: "T", version: "1" } });
  const markup = renderDocsPage(document);
  assert.ok(markup.includes("Read entries"));
  assert.ok(markup.includes("string or null"));
});

test("a reference that leads nowhere is an error, not an empty page", () => {
  const paths = { "/x": { get: { requestBody: { $ref: "#/components/nowhere" }, responses: {} } } };
  assert.throws(() => renderDocsPage({ info: { title: "T", version: "1" }, paths }), /#\/components\/nowhere/);
});
