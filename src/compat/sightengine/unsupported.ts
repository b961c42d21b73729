import type { Context } from "hono";
import { AppError } from "../../errors.ts";
import type { OpenRequest } from "../../http/middleware/request-context.ts";
import type { AppEnv } from "../../http/request-variables.ts";
import { readCall } from "./read-call.ts";

/**
 * Refuses what the vendor does and this service doesn't, to callers who are recognised. What they send is passed over.
 * @param what such as `Video moderation`
 * @throws AppError route_not_found; credentials_missing, credentials_invalid
 */
export async function refuseUnsupported(c: Context<AppEnv>, open: OpenRequest, what: string): Promise<never> {
  const refusal = new AppError("route_not_found", `${what} is not supported by this service`);
  try {
    await readCall(c, open, []);
  } catch (error) {
    // Nobody is to make a file smaller that would be refused all the same.
    const tooLarge = error instanceof AppError && /^(image_too_many_bytes|body_too_large)$/.test(error.code);
    throw tooLarge ? refusal : error;
  }
  throw refusal;
}
