import type { Context } from "hono";
import { isOpenForLong, type OpenRequest } from "../../http/middleware/request-context.ts";
import { readCredential } from "../../http/read-credential.ts";
import type { AppEnv } from "../../http/request-variables.ts";

/** Finds out who asks: Bearer as the deployments that put a key before HMA take it, Basic, a key in the path, or nobody. */
export async function identify(c: Context<AppEnv>, open: OpenRequest): Promise<void> {
  const token = c.req.param("key");
  await open(c, readCredential(c.req.header("authorization")) ?? (token === undefined ? null : { token }));
}

/** Asks for the key again where a body took its time. */
export type StillAuthentic = (c: Context<AppEnv>) => Promise<void>;

export function createStillAuthentic(open: OpenRequest): StillAuthentic {
  return async (c) => {
    if (isOpenForLong(c)) await identify(c, open);
  };
}
