import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import type { AppContext } from "../../services/context.ts";
import { readReadiness } from "../../services/read-readiness.ts";
import { requireScope } from "../../services/require-scope.ts";
import type { AppEnv } from "../request-variables.ts";
import { problems } from "../schemas/problem.ts";

const tags = ["Operations"];
const part = z.enum(["ready", "not_ready"]);
const readiness = z.object({ status: part, database: part, workers: part }).openapi("Readiness");
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
    const state = await readReadiness(context);
    return state.status === "ready" ? c.json(state, 200) : c.json(state, 503);
  });
}

export function registerMetrics(app: OpenAPIHono<AppEnv>, context: AppContext): void {
  app.openapi(metrics, async (c) => {
    if (!context.config.metricsPublic) requireScope(c.get("ctx"), "admin");
    context.metrics.workerQueue.set(context.workers.stats().queued);
    return c.body(await context.metrics.registry.metrics(), 200, {
      "Content-Type": context.metrics.registry.contentType,
    }) as never;
  });
}
