import type { Context, MiddlewareHandler } from "hono";
import { authenticate, type Credential } from "../../services/authenticate.ts";
import type { AppContext, RequestContext } from "../../services/context.ts";
import { allowanceAddress, clientAddress, type ProxyTrust } from "../client-address.ts";
import { readCredential } from "../read-credential.ts";
import type { AppEnv } from "../request-variables.ts";

/** Makes the request's context for a caller who presents this, or nothing. */
export type OpenRequest = (c: Context<AppEnv>, credential: Credential | null) => Promise<void>;

/**
 * Makes what turns a credential into the `ctx` of a request. Without one the caller is known by its address.
 * @throws AppError credentials_invalid
 */
export function createOpenRequest(app: AppContext, trust: ProxyTrust): OpenRequest {
  return async (c, credential) => {
    const actor =
      credential === null
        ? ({ type: "anonymous", address: allowanceAddress(clientAddress(c.env.incoming, trust)) } as const)
        : await authenticate(app, credential);
    // The shared part by prototype: copying it would be the dearest line of a look-up.
    const own: Pick<RequestContext, "actor" | "requestId"> = { actor, requestId: c.get("requestId") };
    c.set("ctx", Object.assign(Object.create(app) as AppContext, own));
  };
}

/** Authentication of the native API: Bearer, Basic, or no key at all. */
export function requestContext(open: OpenRequest): MiddlewareHandler<AppEnv> {
  return async (c, next) => {
    await open(c, readCredential(c.req.header("authorization")));
    await next();
  };
}
