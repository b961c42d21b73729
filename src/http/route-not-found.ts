import type { Context, Env, Hono, NotFoundHandler } from "hono";
import { AppError } from "../errors.ts";
import { answerProblem, describeProblem } from "./problem.ts";

const METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"] as const;

/**
 * Makes the handler of requests that no route answers: 405 method_not_allowed with an Allow header (RFC 9110, section
 * 15.5.6) where another method would have found a route at this path, else 404 route_not_found.
 */
export function createNotFoundHandler<E extends Env>(app: Hono<E>): NotFoundHandler<E> {
  return (c) => {
    const allowed = allowedMethods(app, c.req.path);
    if (allowed.length === 0) {
      return answer(c, new AppError("route_not_found", `Expected the path of a route but received ${quotePath(c)}`));
    }
    c.header("Allow", allowed.join(", "));
    const message = `Expected ${allowed.join(" or ")} for ${quotePath(c)} but received ${c.req.method.slice(0, 20)}`;
    return answer(c, new AppError("method_not_allowed", message));
  };
}

function allowedMethods<E extends Env>(app: Hono<E>, path: string): string[] {
  const found: string[] = [];
  for (const method of METHODS) {
    const [handlers] = app.router.match(method, path);
    // Middleware stands at every method or at a path with a wildcard; only a route of this very method counts.
    if (!handlers.some(([[, route]]) => route.method === method && !route.path.endsWith("*"))) continue;
    found.push(method);
    if (method === "GET") found.push("HEAD");
  }
  return found;
}

function answer(c: Context, error: AppError): Response {
  const id: unknown = c.get("requestId");
  return answerProblem(c, describeProblem(error, typeof id === "string" ? id : undefined));
}

function quotePath(c: Context): string {
  return JSON.stringify(c.req.path.slice(0, 200));
}
