import type { AppError } from "../../errors.ts";
import type { Refused } from "../surface.ts";
import { CROSS_ORIGIN_HEADERS } from "./cross-origin.ts";
import { describeFailure } from "./failures.ts";
import { isOwnTarget } from "./own-paths.ts";

/**
 * The answer to a request that was refused before anybody looked at it; null for a target that is not this surface's.
 * @param target as in the request's first line
 */
export function imaggaRefusal(target: string, error: AppError): Refused | null {
  if (!isOwnTarget(target)) return null;
  const { status, body, headers } = describeFailure(error, target);
  return { status, body, headers: { ...CROSS_ORIGIN_HEADERS, ...headers } };
}
