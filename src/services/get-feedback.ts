import { type FeedbackRow, findFeedback } from "../db/feedback.ts";
import { AppError } from "../errors.ts";
import type { RequestContext } from "./context.ts";
import { internalId } from "./ids.ts";
import { requireScope } from "./require-scope.ts";

/** @throws AppError feedback_not_found */
export async function getFeedback(ctx: RequestContext, id: string): Promise<FeedbackRow> {
  requireScope(ctx, "admin");
  return (await findFeedback(ctx.db, feedbackNumber(id))) ?? noSuchFeedback(id);
}

/** @throws AppError feedback_not_found where the text is not an id of feedback at all */
export function feedbackNumber(id: string): bigint {
  return internalId("feedback", id) ?? noSuchFeedback(id);
}

/** @throws AppError feedback_not_found */
export function noSuchFeedback(id: string): never {
  throw new AppError("feedback_not_found", `Expected the id of feedback but received ${id}`, { field: "id" });
}
