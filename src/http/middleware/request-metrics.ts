import type { MiddlewareHandler } from "hono";
import { routePath } from "hono/route";
import type { AppContext } from "../../services/context.ts";
import type { AppEnv } from "../request-variables.ts";

/** Times every request by its route, never by its path, which holds what callers make up. */
export function requestMetrics({ metrics, logger }: AppContext): MiddlewareHandler<AppEnv> {
  return async (c, next) => {
    const startMs = performance.now();
    await next();
    const durationMs = performance.now() - startMs;
    const route = c.res.status === 404 || c.res.status === 405 ? "none" : routePath(c, -1);
    metrics.requestSeconds.observe({ method: c.req.method, route, status: c.res.status }, durationMs / 1000);
    logger.debug(
      { requestId: c.get("requestId"), method: c.req.method, route, status: c.res.status, durationMs },
      "answered",
    );
  };
}
