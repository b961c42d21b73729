import type { AppError } from "../../errors.ts";
import type { Refused } from "../surface.ts";
import { describeFailure } from "./errors.ts";

/** With one slash more as well: clients whose base URL ends with one send that. */
const OWN_PATHS = /^\/{1,2}(?:(?:[hmc]|hma)(?:[/?]|$)|status(?:[/?]|$)|site-map(?:\?|$))/;

/** The answer to a request that no route was asked for. */
export function hmaRefusal(target: string, error: AppError): Refused | null {
  if (!OWN_PATHS.test(target)) return null;
  const { status, body } = describeFailure(error);
  return { status, body };
}
