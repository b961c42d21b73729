import { type AppError, ERRORS } from "../../errors.ts";
import { redactKeys } from "../../redact-keys.ts";
import type { CheckResult } from "../../services/check-result.ts";
import type { ModelFacts } from "../../services/context.ts";
import { groupsAfterLists } from "../list-verdict.ts";

/**
 * `score` is how unsafe the picture is, 0..1. The policy reads nothing else, so that is 1 where a list blocks the picture, and
 * 0 where one allows it.
 */
export function answerScore(url: string, result: CheckResult, model: ModelFacts) {
  return { score: groupsAfterLists(result, model).unsafe, url };
}

/** Without a `score` the policy takes a picture for safe. The names are those of nsfw_api, which the policy was written for. */
export function answerFailure(error: AppError) {
  return { error_code: ERRORS[error.code].status, error_reason: redactKeys(error.message) };
}
