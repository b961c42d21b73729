import type { Context } from "hono";
import { AppError } from "../../errors.ts";
import type { OpenRequest } from "../../http/middleware/request-context.ts";
import { readCredential } from "../../http/read-credential.ts";
import type { AppEnv } from "../../http/request-variables.ts";

/**
 * Authenticates a request: HTTP Basic with a key's id and secret, or with a whole key as the password.
 * @throws AppError credentials_missing, credentials_invalid, credentials_throttled
 */
export async function identify(c: Context<AppEnv>, open: OpenRequest): Promise<void> {
  const credential = readCredential(c.req.header("authorization"));
  if (credential === null) {
    throw new AppError("credentials_missing", "Expected Basic credentials for Authorization but received none");
  }
  const holdsKey = "secret" in credential && credential.secret.startsWith("lk_");
  await open(c, holdsKey ? { token: credential.secret } : credential);
}
