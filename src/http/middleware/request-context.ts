import type { Context, MiddlewareHandler } from "hono";
import { authenticate, type Credential } from "../../services/authenticate.ts";
import type { AppContext, RequestContext } from "../../services/context.ts";
import { BELIEVED_MS } from "../../services/key-cache.ts";
import { createCallerAddress } from "../caller-address.ts";
import type { ProxyTrust } from "../client-address.ts";
import { readCredential } from "../read-credential.ts";
import type { AppEnv } from "../request-variables.ts";

/** Makes the request's context for a caller who presents this, or nothing. */
export type OpenRequest = (c: Context<AppEnv>, credential: Credential | null) => Promise<void>;

/**
 * Makes what turns a credential into the `ctx` of a request. Without one the caller is known by its address.
 * @throws AppError credentials_invalid, credentials_throttled
 */
export function createOpenRequest(app: AppContext, trust: ProxyTrust): OpenRequest {
  const callerAddress = createCallerAddress(trust);
  return async (c, credential) => {
    const openedAtMs = performance.now();
    const address = callerAddress(c.env.incoming);
    const actor =
      credential === null ? ({ type: "anonymous", address } as const) : await authenticate(app, credential, address);
    // The shared part by prototype: copying it would be the dearest line of a look-up.
    const own: Pick<RequestContext, "actor" | "requestId" | "client"> = {
      actor,
      requestId: c.get("requestId"),
      client: c.env.incoming.socket,
    };
    c.set("ctx", Object.assign(Object.create(app) as AppContext, own));
    c.set("openedAtMs", openedAtMs);
  };
}

/** Authentication of the native API: Bearer, Basic, or no key at all. */
export function requestContext(open: OpenRequest): MiddlewareHandler<AppEnv> {
  return async (c, next) => {
    await open(c, readCredential(c.req.header("authorization")));
    await next();
  };
}

/**
 * Authenticates again where the body took its time: whoever sends one slowly would otherwise go on with a key that was
 * revoked meanwhile.
 * @throws AppError credentials_invalid, credentials_throttled
 */
export function stillAuthentic(open: OpenRequest): MiddlewareHandler<AppEnv> {
  return async (c, next) => {
    if (isOpenForLong(c)) await open(c, readCredential(c.req.header("authorization")));
    await next();
  };
}

/** Whether a request began so long ago that its key has to be asked for again. */
export function isOpenForLong(c: Context<AppEnv>): boolean {
  return performance.now() - c.get("openedAtMs") > BELIEVED_MS;
}
