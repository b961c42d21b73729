import { ClientAborted } from "../../client-aborted.ts";
import type { AppError, ErrorCode } from "../../errors.ts";
import type { FormPart } from "../../http/read-form-parts.ts";
import { toAppError } from "../../http/to-app-error.ts";
import { checkImage } from "../../services/check-image.ts";
import type { RequestContext } from "../../services/context.ts";
import { ALL_LISTS } from "../../services/look-up-gate.ts";
import { answerFailure, answerPart, failed, type PartResult } from "./answers.ts";

/** As the detector's; any other is an error of its part. */
const TYPES: readonly string[] = ["image/png", "image/jpeg", "image/gif", "image/bmp"];

/** Codes that say nothing of an image: the request fails by them where none of its images got through. */
const OF_THE_REQUEST: readonly ErrorCode[] = ["quota_exceeded", "overloaded", "shutting_down", "database_unavailable"];

/**
 * Checks the parts of a form one after another, so that the first ones have what is left of a quota. Each is charged like any
 * other check.
 * @param tell hears of every failure of a check
 * @returns in the order of the parts, failures among them
 * @throws AppError of OF_THE_REQUEST where no part succeeded
 * @throws ClientAborted
 */
export async function detectParts(
  ctx: RequestContext,
  parts: readonly FormPart[],
  tell: (failure: AppError) => void,
): Promise<readonly PartResult[]> {
  const results: PartResult[] = [];
  let ofTheRequest: AppError | null = null;
  for (const part of parts) {
    try {
      results.push(await detectPart(ctx, part));
    } catch (error) {
      if (error instanceof ClientAborted) throw error;
      const failure = toAppError(error);
      tell(failure);
      if (OF_THE_REQUEST.includes(failure.code)) ofTheRequest ??= failure;
      results.push(answerFailure(failure));
    }
  }
  if (ofTheRequest !== null && !results.some(({ success }) => success)) throw ofTheRequest;
  return results;
}

async function detectPart(ctx: RequestContext, { isFile, type, image, isTooLarge }: FormPart): Promise<PartResult> {
  if (!isFile) return failed("INVALID_REQUEST", "Expected a file for the part but received a field");
  if (!TYPES.includes(type)) {
    return failed("UNSUPPORTED_MEDIA_TYPE", `Expected ${TYPES.join(", ")} for the part's Content-Type`);
  }
  if (isTooLarge) return failed("REQUEST_TOO_LARGE", "Expected fewer bytes for the part");
  if (image === null) return failed("INVALID_REQUEST", "Expected at least 1 byte for the part but received 0");
  return answerPart(await checkImage(ctx, { source: image, lists: ALL_LISTS, classify: "auto" }));
}
