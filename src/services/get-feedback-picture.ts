import { findFeedbackPicture } from "../db/feedback.ts";
import { AppError } from "../errors.ts";
import { type SniffedFormat, sniffFormat } from "../image/sniff-format.ts";
import type { RequestContext } from "./context.ts";
import { feedbackNumber, noSuchFeedback } from "./get-feedback.ts";
import { requireScope } from "./require-scope.ts";

export interface FeedbackPicture {
  readonly bytes: Buffer;
  /** By its first bytes; null where those name none that is known now. */
  readonly format: SniffedFormat | null;
}

/**
 * The picture that came with feedback.
 * @throws AppError feedback_not_found; picture_not_kept where the operator didn't have it stored
 */
export async function getFeedbackPicture(ctx: RequestContext, id: string): Promise<FeedbackPicture> {
  requireScope(ctx, "admin");
  const { bytes } = (await findFeedbackPicture(ctx.db, feedbackNumber(id))) ?? noSuchFeedback(id);
  if (bytes !== null) return { bytes, format: sniffFormat(bytes) };
  throw new AppError("picture_not_kept", `Expected feedback whose picture was kept but received ${id}`, {
    field: "id",
  });
}
