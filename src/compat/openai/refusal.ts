import type { AppError } from "../../errors.ts";
import type { Refused } from "../surface.ts";
import { describeFailure } from "./errors.ts";

const OWN_PATHS = /^\/v1\/moderations(?:[/?]|$)/;

/**
 * The answer to a request that was refused before anybody looked at it; null for a target that is not this surface's.
 * @param target as in the request's first line
 */
export function openAiRefusal(target: string, error: AppError): Refused | null {
  return OWN_PATHS.test(target) ? describeFailure(error) : null;
}
