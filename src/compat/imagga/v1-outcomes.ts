import type { AppError } from "../../errors.ts";
import type { CheckResult } from "../../services/check-result.ts";
import { describeReason } from "./failures.ts";

/** What became of one image of a request: its result, or why there is none. */
export type V1Outcome =
  | { readonly image: string; readonly result: CheckResult }
  | { readonly image: string; readonly error: AppError };

/** Failures that have nothing to do with the image: the same request may succeed later. */
const NOT_THE_IMAGES: ReadonlySet<AppError["code"]> = new Set([
  "quota_exceeded",
  "credentials_invalid",
  "overloaded",
  "database_unavailable",
  "shutting_down",
  "internal",
]);

/**
 * The failure of a request as a whole: where no image was categorized, the first that was not an image's own. A client that
 * got nothing is to see from the status that it has to wait or to pay, which it couldn't from a list of images.
 */
export function failureOfAll(outcomes: readonly V1Outcome[]): AppError | null {
  if (outcomes.some((outcome) => "result" in outcome)) return null;
  const errors = outcomes.flatMap((outcome) => ("error" in outcome ? [outcome.error] : []));
  return errors.find(({ code }) => NOT_THE_IMAGES.has(code)) ?? null;
}

/**
 * The vendor's body; `unsuccessful` only where there is something in it, since clients ask whether it is there. Why an image
 * failed is its `reason` on the vendor's page, and its `message` in answers that were recorded later: it is both here.
 */
export function presentOutcomes(outcomes: readonly V1Outcome[], present: (result: CheckResult) => object) {
  const results = outcomes.flatMap((outcome) =>
    "result" in outcome ? [{ image: outcome.image, ...present(outcome.result) }] : [],
  );
  const unsuccessful = outcomes.flatMap((outcome) => {
    if (!("error" in outcome)) return [];
    const reason = describeReason(outcome.error);
    return [{ reason, image: outcome.image, message: reason }];
  });
  return unsuccessful.length === 0 ? { results } : { results, unsuccessful };
}
