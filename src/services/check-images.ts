import { checkImage } from "./check-image.ts";
import type { CheckResult } from "./check-result.ts";
import type { RequestContext } from "./context.ts";
import type { ClassifyMode } from "./examine-image.ts";
import { fetchCaller } from "./fetch-shares.ts";
import { type ImageUrl, type SentImage, withImage } from "./image-source.ts";
import type { AskedLists } from "./look-up-gate.ts";
import { openUpload } from "./open-upload.ts";
import { requireScope } from "./require-scope.ts";

/**
 * Most URLs of one call that are fetched at one time: of the largest images so many fit into a caller's share of the bytes
 * held, so that none is refused because of the others.
 */
const FETCHES_AT_ONCE = 5;

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
 * matter of the others. Five URLs are fetched at a time, but the checks are made one after the other in the order given: where
 * the quota is less than what they cost, those in front have it, and what a failed one had taken is back for the next.
 * @returns one outcome for each place, in their order
 * @throws AppError credentials_missing, scope_missing
 */
export async function checkImages(ctx: RequestContext, input: CheckImagesInput): Promise<ImageOutcome[]> {
  requireScope(ctx, "check");
  const outcomes: Promise<ImageOutcome>[] = [];
  let before: Promise<unknown> = Promise.resolve();
  for (const place of input.places) {
    const turn = { room: outcomes[outcomes.length - FETCHES_AT_ONCE] ?? Promise.resolve(), check: before };
    const outcome = checkInTurn(ctx, place, turn, input).then(
      (result): ImageOutcome => ({ result }),
      (error: unknown): ImageOutcome => ({ error }),
    );
    before = Promise.all([before, outcome]);
    outcomes.push(outcome);
  }
  return await Promise.all(outcomes);
}

/** What an image waits for; neither fails. */
interface Turn {
  /** Before it is fetched. */
  readonly room: Promise<unknown>;
  /** Before it is checked: all images in front of it. */
  readonly check: Promise<unknown>;
}

async function checkInTurn(
  ctx: RequestContext,
  place: ImagePlace,
  turn: Turn,
  { lists, classify }: CheckImagesInput,
): Promise<CheckResult> {
  const check = (source: SentImage) => checkImage(ctx, { source, lists, classify });
  if ("url" in place) {
    await turn.room;
    return await withImage(ctx, place, fetchCaller(ctx), async (image) => {
      await turn.check;
      return await check(image);
    });
  }
  await turn.check;
  return await openUpload(ctx, place.uploadId, check);
}
