import assert from "node:assert/strict";
import { readdir, readFile } from "node:fs/promises";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { ERRORS } from "../../src/errors.ts";
import { renderErrorsMarkdown } from "../../src/http/docs-page/errors-markdown.ts";

const project = fileURLToPath(new URL("../../", import.meta.url));

test("docs/errors.md is what `npm run generate:docs` writes", async () => {
  assert.equal(await readFile(`${project}docs/errors.md`, "utf8"), renderErrorsMarkdown());
});

test("every code of the catalogue is used somewhere in src", async () => {
  const names = await readdir(`${project}src`, { recursive: true });
  const files = names.filter(
    (name) => name.endsWith(".ts") && name !== "errors.ts" && !name.endsWith("error-advice.ts"),
  );
  const texts = await Promise.all(files.map((name) => readFile(`${project}src/${name}`, "utf8")));
  // A route that documents a code doesn't use it yet.
  const source = texts.map((text) => text.replaceAll(/\bproblems\([^)]*\)/g, "")).join("\n");
  const unused = Object.keys(ERRORS).filter((code) => !source.includes(`"${code}"`));
  assert.deepEqual(unused, []);
});

test("only errors of the statuses that allow it are retryable", () => {
  for (const [code, { status, retryable }] of Object.entries(ERRORS)) {
    if (retryable) assert.ok([408, 409, 422, 429, 500, 503].includes(status), code);
    else assert.ok(status < 500, code);
  }
});
