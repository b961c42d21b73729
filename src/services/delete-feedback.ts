import { removeFeedback } from "../db/feedback.ts";
import { auditEvent } from "./audit-event.ts";
import type { RequestContext } from "./context.ts";
import { feedbackNumber, noSuchFeedback } from "./get-feedback.ts";
import { requireScope } from "./require-scope.ts";

/**
 * Deletes feedback for good, and the picture where it was kept; answers about the picture carry it no more.
 * @throws AppError feedback_not_found
 */
export async function deleteFeedback(ctx: RequestContext, id: string): Promise<void> {
  const actor = requireScope(ctx, "admin");
  const removed = await removeFeedback(ctx.db, feedbackNumber(id), ({ sha256, keyId, surface, model, ...row }) =>
    auditEvent(ctx, actor, "feedback.delete", id, { sha256, key_id: keyId, surface, model, class: row.class }),
  );
  if (!removed) noSuchFeedback(id);
}
