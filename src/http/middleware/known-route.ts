import type { MiddlewareHandler } from "hono";
import { matchedRoutes } from "hono/route";
import type { AppEnv } from "../request-variables.ts";

/**
 * Lets requests on that a route answers. The others are told at once that there is none, or none for their method, rather than
 * what is wrong with their bodies.
 */
export function knownRoute(): MiddlewareHandler<AppEnv> {
  return async (c, next) => {
    // Middleware stands at every method or at a path with a wildcard; only a route of this very method counts.
    const isKnown = matchedRoutes(c).some(({ method, path }) => method === c.req.method && !path.endsWith("*"));
    if (!isKnown) return c.notFound();
    await next();
  };
}
