import { createRoute, type OpenAPIHono } from "@hono/zod-openapi";
import { pageAudit } from "../../services/page-audit.ts";
import { presentAudit } from "../present-audit.ts";
import type { AppEnv } from "../request-variables.ts";
import { auditPageSchema, auditQuery } from "../schemas/audit.ts";
import { problems } from "../schemas/problem.ts";

const page = createRoute({
  method: "get",
  path: "/v1/audit",
  tags: ["Audit"],
  summary: "Page through the changes that were made",
  description:
    "One row for every change of a list, an entry, a workflow or a key, and for feedback that was deleted, written together with the change. Rows are chained: each has the hash of the one before.",
  request: { query: auditQuery },
  responses: {
    200: { description: "Rows in the order asked for", content: { "application/json": { schema: auditPageSchema } } },
    ...problems("parameter_invalid", "credentials_missing", "credentials_invalid", "scope_missing"),
  },
});

export function registerAudit(app: OpenAPIHono<AppEnv>): void {
  app.openapi(page, async (c) => {
    const { after, limit, order, actor, action, subject, since, until } = c.req.valid("query");
    const filter = {
      actor: actor ?? null,
      action: action ?? null,
      subject: subject ?? null,
      since: since === undefined ? null : new Date(since),
      until: until === undefined ? null : new Date(until),
    };
    return c.json(
      presentAudit(await pageAudit(c.get("ctx"), filter, order, after === undefined ? null : BigInt(after), limit)),
      200,
    );
  });
}
