import { createRoute, type OpenAPIHono } from "@hono/zod-openapi";
import { readOwnQuota } from "../../services/read-own-quota.ts";
import { presentQuotaState } from "../present.ts";
import type { AppEnv } from "../request-variables.ts";
import { ownQuotaSchema } from "../schemas/key.ts";
import { ANONYMOUS_TOO, problems } from "../schemas/problem.ts";

const route = createRoute({
  method: "get",
  path: "/v1/quota",
  tags: ["Check"],
  security: ANONYMOUS_TOO,
  summary: "Read the caller's own quota",
  description: "The key's, or without a key the free allowance of the caller's address.",
  responses: {
    200: { description: "The quota", content: { "application/json": { schema: ownQuotaSchema } } },
    ...problems("credentials_invalid"),
  },
});

export function registerQuota(app: OpenAPIHono<AppEnv>): void {
  app.openapi(route, async (c) => c.json(presentQuotaState(await readOwnQuota(c.get("ctx"))), 200));
}
