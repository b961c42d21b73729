import { OpenAPIHono } from "@hono/zod-openapi";
import { SURFACES } from "../compat/surfaces.ts";
import { parseProxyTrust } from "../proxy-trust.ts";
import type { AppContext } from "../services/context.ts";
import { createErrorHandler } from "./error-handler.ts";
import { boundedBody } from "./middleware/bounded-body.ts";
import { idempotency } from "./middleware/idempotency.ts";
import { knownRoute } from "./middleware/known-route.ts";
import { needsScope } from "./middleware/needs-scope.ts";
import { releasesBody } from "./middleware/release-body.ts";
import { createOpenRequest, requestContext, stillAuthentic } from "./middleware/request-context.ts";
import { requestId } from "./middleware/request-id.ts";
import { requestMetrics } from "./middleware/request-metrics.ts";
import { securityHeaders } from "./middleware/security-headers.ts";
import type { VendorRefusal } from "./refusal.ts";
import { rejectInvalid } from "./reject-invalid.ts";
import type { AppEnv } from "./request-variables.ts";
import { createNotFoundHandler } from "./route-not-found.ts";
import { registerAudit } from "./routes/audit.ts";
import { registerCheckImage } from "./routes/check-image.ts";
import { registerDocs } from "./routes/docs.ts";
import { registerEntries } from "./routes/entries.ts";
import { registerFeedback } from "./routes/feedback.ts";
import { registerHashes } from "./routes/hashes.ts";
import { registerKeys } from "./routes/keys.ts";
import { registerLists } from "./routes/lists.ts";
import { registerHealth, registerMetrics } from "./routes/operations.ts";
import { registerProfiles } from "./routes/profiles.ts";
import { registerQuota } from "./routes/quota.ts";
import { registerWorkflowCheck } from "./routes/workflow-check.ts";
import { registerWorkflows } from "./routes/workflows.ts";

/** Everything the service answers: middleware in its order, then the table of routes. */
export function createApp(context: AppContext): OpenAPIHono<AppEnv> {
  const app = new OpenAPIHono<AppEnv>({ defaultHook: rejectInvalid });
  app.onError(createErrorHandler(context.logger));
  app.notFound(createNotFoundHandler(app));

  app.use(requestId());
  app.use(requestMetrics(context));
  app.use(securityHeaders());
  registerHealth(app, context);
  registerDocs(app);

  app.on(["POST", "PUT", "PATCH", "DELETE"], "*", releasesBody());
  const open = createOpenRequest(context, parseProxyTrust(context.config.trustProxy));
  for (const surface of servedSurfaces(context)) app.route("/", surface.routes(context, open));

  app.use("/metrics", requestContext(open));
  app.use("/v1/*", requestContext(open));
  app.use("/v1/lists/*", needsScope("lists"));
  app.use("/v1/keys/*", needsScope("admin"));
  app.use("/v1/audit", needsScope("admin"));
  app.post("/v1/feedback", needsScope("check"));
  app.get("/v1/feedback", needsScope("admin"));
  app.use("/v1/feedback/:id/*", needsScope("admin"));
  app.use("/v1/workflows", needsScope("admin"));
  app.use("/v1/workflows/:id", needsScope("admin"));
  app.use("/v1/workflows/:id/check", needsScope("check"));
  app.on(["POST", "PATCH"], "/v1/*", knownRoute(), boundedBody(), stillAuthentic(open), idempotency());
  registerMetrics(app, context);
  registerCheckImage(app);
  registerHashes(app);
  registerProfiles(app);
  registerLists(app);
  registerEntries(app);
  registerWorkflows(app);
  registerWorkflowCheck(app);
  registerFeedback(app);
  registerKeys(app);
  registerQuota(app);
  registerAudit(app);
  return app;
}

/** How requests to the vendor surfaces that are served are answered where they don't get as far as the app. */
export function vendorRefusalOf(context: AppContext): VendorRefusal {
  const served = servedSurfaces(context);
  return (target, error) => {
    for (const surface of served) {
      const refused = surface.refusal(target, error);
      if (refused !== null) return refused;
    }
    return null;
  };
}

function servedSurfaces({ config }: AppContext): typeof SURFACES {
  return SURFACES.filter(({ name }) => config.compat.includes(name));
}
