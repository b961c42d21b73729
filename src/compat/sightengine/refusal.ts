import type { AppError } from "../../errors.ts";
import type { Refused } from "../surface.ts";
import { CROSS_ORIGIN_HEADERS } from "./cross-origin.ts";
import { failureBody, failureStatus } from "./failures.ts";

/** A client of the vendor's joins its base URL and paths by two slashes. */
const OWN_PATHS = /^\/{1,2}1\.0(?:[/?]|$)/;

/**
 * The answer to a request that was refused before anybody looked at it; null for a target that is not this surface's.
 * @param target as in the request's first line
 */
export function sightengineRefusal(target: string, error: AppError): Refused | null {
  if (!OWN_PATHS.test(target)) return null;
  return { status: failureStatus(error), body: failureBody(error, null, 0), headers: CROSS_ORIGIN_HEADERS };
}
