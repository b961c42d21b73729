import { findLiveKey } from "../db/api-keys.ts";
import { type KeyUsageRow, readUsage } from "../db/key-usage.ts";
import { AppError } from "../errors.ts";
import type { RequestContext } from "./context.ts";
import type { QuotaFields } from "./key-fields.ts";

export type { KeyUsageRow };

/** What the caller's key did, and what it may. */
export interface OwnUsage {
  readonly quota: QuotaFields;
  /** Units used in the quota's present period, those of calls under way among them. */
  readonly used: number;
  /** All UTC days with use, oldest first. */
  readonly days: readonly KeyUsageRow[];
}

const FIRST_DAY = "0001-01-01";
const LAST_DAY = "9999-12-31";

/** @throws AppError credentials_missing without a key; credentials_invalid for one revoked a moment ago */
export async function readOwnUsage(ctx: RequestContext): Promise<OwnUsage> {
  const { actor } = ctx;
  if (actor.type === "anonymous") {
    throw new AppError("credentials_missing", "Expected an API key whose usage to read but received none");
  }
  await ctx.lookUpCounts.flush(ctx.db);
  const key = await findLiveKey(ctx.db, actor.id);
  if (key === null) throw new AppError("credentials_invalid", "Expected an API key that is still in force");
  return {
    quota: { limit: key.quotaLimit, period: key.quotaPeriod },
    used: key.used,
    days: await readUsage(ctx.db, actor.id, FIRST_DAY, LAST_DAY),
  };
}
