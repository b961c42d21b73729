import { readQuota } from "../db/quota-reservations.ts";
import type { QuotaState } from "../db/quota-state.ts";
import { AppError } from "../errors.ts";
import { quotaCaller, type RequestContext } from "./context.ts";

export type { QuotaState };

/** The caller's own quota, of its key or of its address. */
export async function readOwnQuota(ctx: RequestContext): Promise<QuotaState> {
  const quota = await readQuota(ctx.db, quotaCaller(ctx));
  if (quota === null) throw new AppError("credentials_invalid", "Expected an API key that still exists");
  return quota;
}
