import type { Hono } from "hono";
import type { CompatSurface } from "../config.ts";
import type { AppError } from "../errors.ts";
import type { OpenRequest } from "../http/middleware/request-context.ts";
import type { AppEnv } from "../http/request-variables.ts";
import type { AppContext } from "../services/context.ts";

/** A vendor's answer to a request that no route was asked for. */
export interface Refused {
  readonly status: number;
  readonly body: object;
  /** Headers that the vendor's clients need beside the service's own. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** The API of one vendor: routes and mapping on the service's own verbs. */
export interface Surface {
  readonly name: CompatSurface;
  /** Its routes at their full paths. Whatever is asked below its paths is answered in the vendor's shape. */
  routes(app: AppContext, open: OpenRequest): Hono<AppEnv>;
  /**
   * Its answer to a request that was refused before any route was asked, such as where the service is at its limit.
   * @param target as in the request's first line
   * @returns null for a target that is not this surface's
   */
  refusal(target: string, error: AppError): Refused | null;
}
