import { type FeedbackFilter, type FeedbackRow, pageFeedback } from "../db/feedback.ts";
import type { RequestContext } from "./context.ts";
import { feedbackNumber } from "./get-feedback.ts";
import { publicId } from "./ids.ts";
import { cutPage, type Page } from "./page.ts";
import { requireScope } from "./require-scope.ts";

export type { FeedbackFilter };

/**
 * Feedback that a filter lets through, the newest first, what comes behind the one of the id `after`.
 * @throws AppError feedback_not_found where `after` is no id of feedback
 */
export async function listFeedback(
  ctx: RequestContext,
  filter: FeedbackFilter,
  after: string | null,
  limit: number,
): Promise<Page<FeedbackRow>> {
  requireScope(ctx, "admin");
  const before = after === null ? null : feedbackNumber(after);
  const rows = await pageFeedback(ctx.db, filter, before, limit + 1);
  return cutPage(rows, limit, (row) => publicId("feedback", row.id));
}
