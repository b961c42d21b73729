import { checkImage } from "./check-image.ts";
import type { CheckResult } from "./check-result.ts";
import type { RequestContext } from "./context.ts";
import type { ClassifyMode } from "./examine-image.ts";
import { fetchCaller } from "./fetch-shares.ts";
import { type ImageUrl, withImage } from "./image-source.ts";
import type { AskedLists } from "./look-up-gate.ts";
import { openUpload } from "./open-upload.ts";
import { requireScope } from "./require-scope.ts";

/** Where one of several images is: at a URL, or among the caller's uploads. */
export type ImagePlace = ImageUrl | { readonly uploadId: string };

/** What became of one image: its result, or whatever checkImage, openUpload or the fetch threw. */
export type ImageOutcome = { readonly result: CheckResult } | { readonly error: unknown };

export interface CheckImagesInput {
  readonly places: readonly ImagePlace[];
  readonly lists: AskedLists;
  readonly classify: ClassifyMode;
}

/**
 * Checks several images of one caller with an API key, each as checkImage does and charged on its own; one that fails is no
 * matter of the others. All URLs are fetched at once, but the checks are made one after the other in the order given: where
 * the quota is less than what they cost, those in front have it, and what a failed one had taken is back for the next.
 * @returns one outcome for each place, in their order
 * @throws AppError credentials_missing, scope_missing
 */
export async function checkImages(ctx: RequestContext, input: CheckImagesInput): Promise<ImageOutcome[]> {
  requireScope(ctx, "check");
  let before: Promise<unknown> = Promise.resolve();
  const outcomes = input.places.map((place) => {
    const outcome = checkInTurn(ctx, place, before, input).then(
      (result): ImageOutcome => ({ result }),
      (error: unknown): ImageOutcome => ({ error }),
    );
    before = Promise.all([before, outcome]);
    return outcome;
  });
  return await Promise.all(outcomes);
}

async function checkInTurn(
  ctx: RequestContext,
  place: ImagePlace,
  before: Promise<unknown>,
  { lists, classify }: CheckImagesInput,
): Promise<CheckResult> {
  if ("url" in place) {
    return await withImage(ctx, place, fetchCaller(ctx), async (source) => {
      await before;
      return await checkImage(ctx, { source, lists, classify });
    });
  }
  // Opened only then: one upload at a time is held in memory.
  await before;
  return await checkImage(ctx, { source: await openUpload(ctx, place.uploadId), lists, classify });
}
