import type { MiddlewareHandler } from "hono";
import type { Scope } from "../../services/context.ts";
import { requireScope } from "../../services/require-scope.ts";
import type { AppEnv } from "../request-variables.ts";

/** Refuses callers without a scope before their body is read; the service verbs ask for it again. */
export function needsScope(scope: Scope): MiddlewareHandler<AppEnv> {
  return async (c, next) => {
    requireScope(c.get("ctx"), scope);
    await next();
  };
}
