import { AppError } from "../errors.ts";
import type { KeyActor, RequestContext, Scope } from "./context.ts";

/**
 * The first line of every verb that needs a key. The admin scope includes the others.
 * @throws AppError credentials_missing, scope_missing
 */
export function requireScope(ctx: RequestContext, scope: Scope): KeyActor {
  const { actor } = ctx;
  if (actor.type === "anonymous") {
    throw new AppError("credentials_missing", `Expected an API key with the scope ${scope} but received none`);
  }
  if (!actor.scopes.includes(scope) && !actor.scopes.includes("admin")) {
    throw new AppError(
      "scope_missing",
      `Expected an API key with the scope ${scope} but received one with ${actor.scopes.join(", ") || "no scopes"}`,
    );
  }
  return actor;
}

/** For what callers without a key may do as well: a key that is given must have the scope. */
export function requireScopeOfKey(ctx: RequestContext, scope: Scope): void {
  if (ctx.actor.type === "key") requireScope(ctx, scope);
}
