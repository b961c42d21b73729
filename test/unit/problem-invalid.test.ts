import assert from "node:assert/strict";
import { test } from "node:test";
import { createRoute, OpenAPIHono, z } from "@hono/zod-openapi";
import { createErrorHandler } from "../../src/http/error-handler.ts";
import { rejectInvalid } from "../../src/http/reject-invalid.ts";

const silent = { debug: () => {}, warn: () => {}, error: () => {} };
const app = new OpenAPIHono({ defaultHook: rejectInvalid });
app.onError(createErrorHandler(silent));

const body = z.strictObject({
  name: z
    .string()
    .min(1)
    .max(8)
    .regex(/^[a-z]+$/),
  kind: z.enum(["disallow", "allow"]).optional(),
  threshold: z.int().min(0).max(64).optional(),
  hashes: z
    .array(z.object({ value: z.string() }))
    .max(2)
    .optional(),
  url: z.url().optional(),
  either: z.union([z.string(), z.null()]).optional(),
});
const route = createRoute({
  method: "post",
  path: "/lists/{id}",
  request: {
    params: z.object({ id: z.string().max(5) }),
    query: z.object({ limit: z.coerce.number().max(10).optional() }),
    body: { required: true, content: { "application/json": { schema: body } } },
  },
  responses: { 200: { description: "ok" } },
});
app.openapi(route, (c) => c.json({}));

async function refused(value: unknown, path = "/lists/abc") {
  const text = typeof value === "string" ? value : JSON.stringify(value);
  const headers = { "content-type": "application/json" };
  const response = await app.request(path, { method: "POST", body: text, headers });
  const problem = (await response.json()) as { code?: string; field?: string; detail?: string };
  return [problem.code, problem.field, problem.detail];
}

const long = "x".repeat(90);
const cases: readonly (readonly [string, unknown, string | undefined, string])[] = [
  ["a missing member", {}, "name", "Expected a value of type string for name but received nothing"],
  ["another type", { name: 5 }, "name", "Expected a value of type string for name but received 5"],
  ["an empty text", { name: "" }, "name", 'Expected at least 1 characters for name but received ""'],
  ["a long text", { name: long }, "name", "Expected at most 8 characters for name but received text of 90 characters"],
  ["a pattern", { name: "A" }, "name", 'Expected text that matches /^[a-z]+$/ for name but received "A"'],
  ["a choice", { name: "a", kind: "ban" }, "kind", 'Expected one of disallow, allow for kind but received "ban"'],
  ["a fraction", { name: "a", threshold: 1.5 }, "threshold", "Expected a whole number for threshold but received 1.5"],
  [
    "a number too small",
    { name: "a", threshold: -1 },
    "threshold",
    "Expected at least 0 for threshold but received -1",
  ],
  [
    "a member of an array",
    { name: "a", hashes: [{ value: "x" }, {}] },
    "hashes[1].value",
    "Expected a value of type string for hashes[1].value but received nothing",
  ],
  [
    "an array too long",
    { name: "a", hashes: [1, 2, 3].map(String).map((value) => ({ value })) },
    "hashes",
    "Expected at most 2 items for hashes but received an array of 3 items",
  ],
  ["a format", { name: "a", url: "nope" }, "url", 'Expected text in the format url for url but received "nope"'],
  ["a union", { name: "a", either: {} }, "either", "Expected a valid value for either but received an object"],
  ["a member nobody asked for", { name: "a", nmae: "b" }, "nmae", "Expected no nmae but received one"],
  [
    "a body of another type",
    [],
    undefined,
    "Expected a value of type object for body but received an array of 0 items",
  ],
];

for (const [what, value, field, detail] of cases) {
  test(`parameter_invalid says field, expectation and what came: ${what}`, async () => {
    assert.deepEqual(await refused(value), ["parameter_invalid", field, detail]);
  });
}

test("path and query parameters are named in the same way", async () => {
  assert.deepEqual(await refused({ name: "a" }, "/lists/abcdef"), [
    "parameter_invalid",
    "id",
    'Expected at most 5 characters for id but received "abcdef"',
  ]);
  assert.deepEqual(await refused({ name: "a" }, "/lists/abc?limit=99"), [
    "parameter_invalid",
    "limit",
    'Expected at most 10 for limit but received "99"',
  ]);
});

test("JSON that doesn't parse is body_malformed", async () => {
  assert.equal((await refused("{"))[0], "body_malformed");
});
