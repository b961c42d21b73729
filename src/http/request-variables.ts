import type { HttpBindings } from "@hono/node-server";
import type { RequestContext } from "../services/context.ts";
import type { RequestIdVariables } from "./middleware/request-id.ts";

/** What every handler of this service finds in hono's context. */
export interface AppEnv {
  Bindings: HttpBindings;
  Variables: RequestIdVariables & {
    /** Who asks, with everything a service verb needs; set by the authentication of each surface. */
    ctx: RequestContext;
    /** When `ctx` was made, or began to be, in ms of `performance.now()`. */
    openedAtMs: number;
    /** True where the answer tells a part of the request to try again; set by routes that answer in parts. */
    isProvisional?: boolean;
  };
}
