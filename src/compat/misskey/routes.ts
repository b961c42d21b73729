import { type Context, Hono } from "hono";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import { AppError } from "../../errors.ts";
import { logFailure } from "../../http/error-handler.ts";
import { isOpenForLong, type OpenRequest } from "../../http/middleware/request-context.ts";
import { setAnswerHeader } from "../../http/middleware/set-answer-header.ts";
import { readCredential } from "../../http/read-credential.ts";
import { readFormParts } from "../../http/read-form-parts.ts";
import type { AppEnv } from "../../http/request-variables.ts";
import { retryAfterHeader } from "../../http/retry-after.ts";
import { redactKeys } from "../../redact-keys.ts";
import type { AppContext } from "../../services/context.ts";
import { readReadiness } from "../../services/read-readiness.ts";
import { requireScopeOfKey } from "../../services/require-scope.ts";
import { handleFailures } from "../handle-failures.ts";
import { answerFailure, statusOf } from "./answers.ts";
import { detectParts } from "./detect-parts.ts";

/** The detector's own defaults (packages/core/src/config.ts). */
const LIMITS = { maxBodyBytes: 12 * 1024 * 1024, maxPartBytes: 1024 * 1024, maxParts: 10 };

/** Longer ids than the service's own, and dots in them. */
const REQUEST_ID = /^[\w.-]{1,128}$/;

/**
 * Misskey's detector of sensitive media, `POST /v1/detect-images` (docs/api-detect-images.md of
 * misskey-dev/sensitive-detector), and its `GET /health`. What is wrong with the whole request is told in its order: 401, 413
 * for bytes, 415, 400, 413 for parts.
 */
export function misskeyRoutes(app: AppContext, open: OpenRequest): Hono<AppEnv> {
  const surface = new Hono<AppEnv>();

  async function identify(c: Context<AppEnv>): Promise<void> {
    await open(c, readCredential(c.req.header("authorization")));
    requireScopeOfKey(c.get("ctx"), "check");
  }

  for (const path of ["/v1/detect-images/*", "/health"]) {
    surface.use(path, async (c, next) => {
      const given = c.req.header("x-request-id") ?? "";
      if (REQUEST_ID.test(given) && redactKeys(given) === given) {
        c.set("requestId", given);
        setAnswerHeader(c, "X-Request-Id", given);
      }
      await next();
    });
  }

  surface.get("/health", async (c) => {
    const { status, workers } = await readReadiness(app);
    if (status === "ready") return c.json({ status: "ok" });
    const reason = workers === "ready" ? "database_unavailable" : "model_unavailable";
    return c.json({ status: "unavailable", reason }, 503);
  });

  surface.post("/v1/detect-images", async (c) => {
    await identify(c);
    const parts = await readFormParts(c, LIMITS);
    if (isOpenForLong(c)) await identify(c);
    if (parts.length === 0)
      throw new AppError("image_missing", "Expected at least one part for body but received none");
    const results = await detectParts(c.get("ctx"), parts, (failure) =>
      logFailure(app.logger, c, c.get("requestId"), failure),
    );
    return c.json({ success: true, result: { results } });
  });

  surface.all("/v1/detect-images/*", async (c) => {
    await identify(c);
    throw new AppError("route_not_found", "Expected POST and the path /v1/detect-images");
  });

  handleFailures(surface, app, (failure, c) => {
    const status = statusOf(failure) as ContentfulStatusCode;
    return c.json(answerFailure(failure), status, retryAfterHeader(failure, status));
  });

  return surface;
}
