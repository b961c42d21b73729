import type { Context, MiddlewareHandler } from "hono";
import { matchedRoutes, routePath } from "hono/route";
import type { AppContext } from "../../services/context.ts";
import type { AppEnv } from "../request-variables.ts";

/** Times every request by its route, never by its path, which holds what callers make up. */
export function requestMetrics({ metrics, logger }: AppContext): MiddlewareHandler<AppEnv> {
  const children = new Map<string, ReturnType<typeof metrics.requestSeconds.labels>>();
  return async (c, next) => {
    const startMs = performance.now();
    await next();
    const durationMs = performance.now() - startMs;
    const route = c.res.status === 404 || c.res.status === 405 ? "none" : routeOf(c);
    const { method } = c.req;
    const { status } = c.res;
    const key = `${method} ${route} ${status}`;
    const child = children.get(key) ?? metrics.requestSeconds.labels({ method, route, status });
    children.set(key, child);
    child.observe(durationMs / 1000);
    logger.debug({ requestId: c.get("requestId"), method, route, status, durationMs }, "answered");
  };
}

/**
 * The route that answered, or that the middleware which refused the request stood before: middleware, and what answers unknown
 * paths, stand at paths with a wildcard. Other routes may fit the path as well.
 */
function routeOf(c: Context): string {
  const reached = matchedRoutes(c).slice(c.req.routeIndex);
  return reached.find(({ path }) => !path.includes("*"))?.path ?? routePath(c);
}
