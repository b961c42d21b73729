import type { AppError } from "../../errors.ts";
import type { Scores } from "../../scores.ts";
import type { Classification, QuotaFacts } from "../../services/check-result.ts";
import type { ModelFacts } from "../../services/context.ts";
import type { Match } from "../../services/match.ts";
import { groupScores } from "../../services/score-groups.ts";
import { listMember } from "../list-member.ts";
import { groupsAfterLists } from "../list-verdict.ts";

/** What the surface needs of a check or look-up. */
interface Judged {
  readonly verdict: string;
  readonly matches: readonly Match[];
  readonly classification: Classification | null;
  readonly quota: QuotaFacts;
}

/** `quota` of a key without a limit: the vendor's clients expect a number. */
const NO_LIMIT = 2_147_483_647;

/** The body for an image that was analysed. `quota` and `key_quota` both, since its page shows either. */
export function answerOk(sha1: string, judged: Judged, model: ModelFacts) {
  const { classification, confidence } = categorize(judged.classification?.scores ?? {}, model);
  const left = judged.quota.remaining ?? NO_LIMIT;
  return {
    status: "OK",
    data: {
      confidence,
      hash: sha1,
      classification,
      nsfw: classification !== "neutral",
      porn: classification === "porn",
    },
    quota: left,
    key_quota: left,
    ...listMember(judged),
  };
}

/**
 * One of the vendor's three classes from the model's labels, each with the sum of its labels' scores; `confidence` is the
 * largest sum in percent, two decimals.
 */
function categorize(
  scores: Scores,
  model: ModelFacts,
): { classification: "porn" | "nsfw" | "neutral"; confidence: number } {
  const { unsafe, suggestive, safe } = groupScores(scores, model);
  const classes = [
    ["porn", unsafe],
    ["nsfw", suggestive],
    ["neutral", safe],
  ] as const;
  const [classification, score] = classes.reduce((left, right) => (right[1] > left[1] ? right : left));
  return { classification, confidence: Math.round(score * 10_000) / 100 };
}

/**
 * The body of the older call. Its clients read `porn_probability` (percent) and nothing else, so the lists have their say in
 * it; the rest isn't documented anywhere, and is what the newer call answers.
 */
export function answerOldOk(sha1: string, judged: Judged, model: ModelFacts) {
  return {
    porn_probability: Math.round(groupsAfterLists(judged, model).unsafe * 10_000) / 100,
    ...answerOk(sha1, judged, model),
  };
}

/** Another request is analysing the image at this moment. */
export function answerPending(sha1: string) {
  return { status: "PENDING", data: { hash: sha1 } };
}

export const UNKNOWN_HASH = { status: "ERR", reason: "This file has not been analyzed yet" };

/** The body for a failure; the vendor's own words where its page has them. */
export function answerError(error: AppError, keyed: boolean) {
  if (error.code === "quota_exceeded") {
    const reason = keyed
      ? "The quota of your API key has depleted"
      : "The free quota of your address has depleted. It comes back 24 hours after your last call";
    return { status: "NOQUOTA", reason };
  }
  return { status: "ERR", reason: reasonOf(error) };
}

function reasonOf(error: AppError): string {
  switch (error.code) {
    case "image_missing":
      return "No image or url given";
    case "image_too_many_bytes":
    case "image_too_many_pixels":
      return "File too large";
    case "url_malformed":
    case "url_forbidden":
    case "url_unreachable":
      return "The url could not be downloaded";
    case "hash_malformed":
      return "Not a valid sha1 hash";
    case "scope_missing":
      return "Your API key may not check images";
    case "credentials_throttled":
      return "Too many wrong API keys came from your address, try again later";
    case "overloaded":
    case "shutting_down":
    case "database_unavailable":
      return "The service is busy, try again later";
    case "route_not_found":
      return "There is no such call";
    case "internal":
      return "The file could not be analyzed";
    default:
      return "File not a valid image";
  }
}
