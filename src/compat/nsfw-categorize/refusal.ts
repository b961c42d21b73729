import type { AppError } from "../../errors.ts";
import { answerError } from "./answers.ts";

/** What is below `/api/v1`, and `/api/v2` itself, are other vendors'. */
const OWN_PATHS = /^\/api(?:\.php(?:\?|$)|\?|$|\/(?!v1(?:[/?]|$)|v2\/?(?:\?|$)))/;

/**
 * The answer to a request that was refused before anybody looked at it, status 200 as all of this vendor's; null for a
 * target that is not this surface's.
 * @param target as in the request's first line
 */
export function nsfwCategorizeRefusal(target: string, error: AppError): { status: 200; body: object } | null {
  return OWN_PATHS.test(target) ? { status: 200, body: answerError(error, false) } : null;
}
