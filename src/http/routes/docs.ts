import type { OpenAPIHono } from "@hono/zod-openapi";
import type { OpenApiDocument } from "../docs-page/openapi-document.ts";
import { DOCS_HEADERS } from "../docs-page/page-frame.ts";
import { renderDocsPage } from "../docs-page/render-docs-page.ts";
import { renderErrorsPage } from "../docs-page/render-errors.ts";
import type { AppEnv } from "../request-variables.ts";

const DESCRIPTION =
  "The gate every image passes before it is published: banned, seen, unsafe, and what the call cost, in one call. Keys go in `Authorization: Bearer <key>`, or Basic with a key's id and secret; checks and look-ups work without one, within a free daily allowance. Every POST takes an `Idempotency-Key`. Failures are RFC 9457 problem documents. APIs of other services, such as Sightengine's and Imagga's, are answered at paths of their own: docs/compatibility.md tells which.";

/** What OpenAPI says of the whole API. */
const DOCUMENT = {
  openapi: "3.1.0",
  info: { title: "Lookalike", version: "1", description: DESCRIPTION, license: { name: "MIT", identifier: "MIT" } },
  servers: [{ url: "/" }],
  security: [{ bearer: [] }, { basic: [] }],
  tags: [
    { name: "Check", description: "What an app asks before it publishes an image." },
    { name: "Lists", description: "What is banned, and what is always allowed. Needs the scope `lists`." },
    {
      name: "Workflows",
      description: "Policies of your own: which scores and lists accept, reject or review. Needs the scope `admin`.",
    },
    { name: "Feedback", description: "What callers say that pictures really are. Reading it needs the scope `admin`." },
    { name: "Keys", description: "Who may ask, and how much. Needs the scope `admin`." },
    { name: "Audit", description: "Who changed what, in rows that can't be changed unseen. Needs the scope `admin`." },
    { name: "Operations", description: "For those who run the service." },
  ],
};

/** `/openapi.json`, and `/docs` made from it: one page that needs no script and nothing from elsewhere. */
export function registerDocs(app: OpenAPIHono<AppEnv>): void {
  app.openAPIRegistry.registerComponent("securitySchemes", "bearer", { type: "http", scheme: "bearer" });
  app.openAPIRegistry.registerComponent("securitySchemes", "basic", { type: "http", scheme: "basic" });
  let document: unknown = null;
  let page: string | null = null;
  const describe = () => {
    document ??= app.getOpenAPI31Document(DOCUMENT);
    return document;
  };
  app.get("/openapi.json", (c) => c.json(describe() as object));
  app.get("/docs", (c) => {
    page ??= renderDocsPage(describe() as OpenApiDocument);
    return c.html(page, 200, DOCS_HEADERS);
  });
  const errors = renderErrorsPage();
  app.get("/docs/errors", (c) => c.html(errors, 200, DOCS_HEADERS));
}
