import type { Context } from "hono";
import { setAnswerHeader } from "../../http/middleware/set-answer-header.ts";
import type { QuotaState } from "../../services/read-own-quota.ts";

/**
 * Tells what is left of a key's quota in the headers that the vendor's answers have, in the case that it writes them in:
 * there are clients that mind. A key without a limit gets none. The reset is in Unix seconds, and missing where nothing
 * comes back by itself.
 */
export function tellQuota(c: Context, { limit, remaining, resetsAt }: QuotaState): void {
  if (limit === null || remaining === null) return;
  setAnswerHeader(c, "Monthly-Limit", String(limit));
  setAnswerHeader(c, "Monthly-Limit-Remaining", String(remaining));
  if (resetsAt !== null) setAnswerHeader(c, "Monthly-Limit-Reset", String(Math.ceil(resetsAt.getTime() / 1000)));
}
