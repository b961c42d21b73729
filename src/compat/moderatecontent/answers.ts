import type { AppError } from "../../errors.ts";
import type { CheckResult } from "../../services/check-result.ts";
import type { ModelFacts } from "../../services/context.ts";
import { listMember } from "../list-member.ts";
import { groupsAfterLists } from "../list-verdict.ts";

/**
 * The vendor's rating of a picture, as the README of its npm package shows it. `predictions` are percents; the rating is the
 * largest, of equals the graver. Clients read the rating alone, so it is `adult` where a list blocks the picture, and
 * `everyone` where one allows it.
 * @param asked the URL, or the name of the file that was sent
 */
export function answerRating(asked: string, result: CheckResult, model: ModelFacts) {
  const { unsafe, suggestive, safe } = groupsAfterLists(result, model);
  const ratings = [
    { rating_index: 3, rating_letter: "a", rating_label: "adult", score: unsafe },
    { rating_index: 2, rating_letter: "t", rating_label: "teen", score: suggestive },
    { rating_index: 1, rating_letter: "e", rating_label: "everyone", score: safe },
  ] as const;
  const {
    score: _,
    rating_label,
    ...rating
  } = ratings.reduce((left, right) => (right.score > left.score ? right : left));
  return {
    url_classified: asked,
    ...rating,
    predictions: { teen: suggestive * 100, everyone: safe * 100, adult: unsafe * 100 },
    rating_label,
    error_code: 0,
    frame: 1,
    ...listMember(result),
  };
}

/**
 * A failure. That `error_code` isn't 0 then, and the first two texts, are known from clients and the vendor's own tests; the
 * numbers are documented nowhere and are this service's.
 */
export function answerFailure(error: AppError): { error: string; error_code: number } {
  switch (error.code) {
    case "url_malformed":
    case "image_missing":
      return { error: "The url you have (GET|POST) is malformed", error_code: 1001 };
    case "url_forbidden":
    case "url_unreachable":
    case "image_unreadable":
    case "image_truncated":
    case "image_format_unsupported":
    case "image_empty":
      return { error: "Url not accessible or malformed image", error_code: 1002 };
    case "image_too_many_bytes":
    case "image_too_many_pixels":
    case "body_too_large":
      return { error: "The image is too large", error_code: 1003 };
    case "credentials_missing":
    case "credentials_invalid":
    case "scope_missing":
      return { error: "The API key is not valid", error_code: 1004 };
    case "credentials_throttled":
      return { error: "Too many wrong API keys came from this address, try again later", error_code: 1005 };
    case "quota_exceeded":
      return { error: "The quota is used up", error_code: 1006 };
    case "overloaded":
    case "shutting_down":
    case "database_unavailable":
      return { error: "The service is busy, try again later", error_code: 1007 };
    case "route_not_found":
    case "method_not_allowed":
      return { error: "There is no such call", error_code: 1008 };
    default:
      return { error: "The image could not be rated", error_code: 1009 };
  }
}
