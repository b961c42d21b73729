import type { AppError } from "../../errors.ts";
import type { Refused } from "../surface.ts";
import { describeFailure } from "./errors.ts";

/** With two slashes as well: what an endpoint that ends with one makes of the clients' URLs. */
const OWN_PATHS = /^\/{1,2}contentmoderator(?:[/?]|$)/;

/**
 * The answer to a request that was refused before anybody looked at it; null for a target that is not this surface's.
 * @param target as in the request's first line
 */
export function azureContentModeratorRefusal(target: string, error: AppError): Refused | null {
  return OWN_PATHS.test(target) ? describeFailure(error, null) : null;
}
