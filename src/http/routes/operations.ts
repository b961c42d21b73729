import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import type { AppContext } from "../../services/context.ts";
import { type Readiness, readReadiness } from "../../services/read-readiness.ts";
import { requireScope } from "../../services/require-scope.ts";
import type { AppEnv } from "../request-variables.ts";
import { problems } from "../schemas/problem.ts";

const tags = ["Operations"];
const part = z.enum(["ready", "not_ready"]);
const hotIndex = z
  .object({
    state: z.enum(["off", "loading", "ready", "catching_up", "failed"]),
    bytes: z.int().describe("Memory in use"),
    budget_bytes: z.int().describe("HOT_INDEX_MB; 0: the database answers always"),
    kernel: z.enum(["wasm", "javascript"]).nullable(),
    tables: z.array(
      z.object({
        table: z.string(),
        rows: z.int().describe("In memory so far"),
        expected_rows: z.int().nullable().describe("While it is loaded: about how many there will be"),
        held: z.boolean().describe("False where the database answers: it does not fit, or is not loaded yet"),
      }),
    ),
  })
  .describe("The searched rows in memory; requests can be answered without them");
const readiness = z.object({ status: part, database: part, workers: part, hot_index: hotIndex }).openapi("Readiness");
const readinessBody = { content: { "application/json": { schema: readiness } } };

const health = createRoute({
  method: "get",
  path: "/healthz",
  tags,
  security: [],
  summary: "Whether the process lives",
  responses: {
    200: { description: "It does", content: { "application/json": { schema: z.object({ status: z.literal("ok") }) } } },
  },
});

const ready = createRoute({
  method: "get",
  path: "/readyz",
  tags,
  security: [],
  summary: "Whether requests can be answered",
  responses: {
    200: { description: "They can", ...readinessBody },
    503: { description: "They can't yet", ...readinessBody },
  },
});

const metrics = createRoute({
  method: "get",
  path: "/metrics",
  tags,
  summary: "Prometheus metrics",
  description: "With an admin key; for anyone where METRICS_PUBLIC=true.",
  responses: {
    200: { description: "Prometheus text format", content: { "text/plain": { schema: z.string() } } },
    ...problems("credentials_missing", "credentials_invalid", "scope_missing"),
  },
});

export function registerHealth(app: OpenAPIHono<AppEnv>, context: AppContext): void {
  app.openapi(health, (c) => c.json({ status: "ok" as const }, 200));

  app.openapi(ready, async (c) => {
    const { hotIndex, ...parts } = await readReadiness(context);
    const state = { ...parts, hot_index: presentHotIndex(hotIndex) };
    return state.status === "ready" ? c.json(state, 200) : c.json(state, 503);
  });
}

function presentHotIndex({ state, bytes, budgetBytes, kernel, tables }: Readiness["hotIndex"]) {
  return {
    state,
    bytes,
    budget_bytes: budgetBytes,
    kernel,
    tables: tables.map(({ table, rows, expectedRows, held }) => ({ table, rows, expected_rows: expectedRows, held })),
  };
}

export function registerMetrics(app: OpenAPIHono<AppEnv>, context: AppContext): void {
  app.openapi(metrics, async (c) => {
    if (!context.config.metricsPublic) requireScope(c.get("ctx"), "admin");
    context.metrics.workerQueue.set(context.workers.stats().queued);
    for (const { table, rows, held } of context.hotMemory.facts().tables) {
      context.metrics.hotIndexRows.set({ table }, held ? rows : 0);
    }
    return c.body(await context.metrics.registry.metrics(), 200, {
      "Content-Type": context.metrics.registry.contentType,
    }) as never;
  });
}
