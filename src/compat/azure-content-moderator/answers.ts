import type { CheckResult } from "../../services/check-result.ts";
import { type ModelFacts, type RequestContext, scorePolicy } from "../../services/context.ts";
import type { MatchedEntry } from "../../services/get-matched-entries.ts";
import { groupScores } from "../../services/score-groups.ts";
import { listsOf } from "../list-member.ts";
import { tagsAndLabel } from "./tag-and-label.ts";

/** Bits of a perceptual hash. */
const HASH_BITS = 256;

/** Score from which a picture is racy where its key sets none: that of the vendor's examples of what is and isn't. */
const DEFAULT_RACY = 0.5;

/** What all of the vendor's answers have. */
function status(trackingId: string, description = "OK") {
  return { Status: { Code: 3000, Description: description, Exception: null }, TrackingId: trackingId };
}

/** @param byteLength of the image's file; null where only its URL was sent */
export function imageAdded(listId: bigint, contentId: bigint, byteLength: number | null, trackingId: string) {
  const info = [{ Key: "Source", Value: String(listId) }];
  if (byteLength !== null) info.push({ Key: "ImageSizeInBytes", Value: String(byteLength) });
  return { ContentId: String(contentId), AdditionalInfo: info, ...status(trackingId) };
}

export function imageIds(listId: bigint, contentIds: readonly bigint[], trackingId: string) {
  return { ContentSource: String(listId), ContentIds: contentIds.map(Number), ...status(trackingId) };
}

/** A list is in force as it stands: there is no index to refresh. */
export function indexRefreshed(listId: bigint, trackingId: string) {
  return {
    ContentSourceId: String(listId),
    IsUpdateSuccess: true,
    AdvancedInfo: [],
    ...status(trackingId, "RefreshIndex successfully completed."),
  };
}

/** `Score` is 1 for the same bytes, else the part of the hash's bits that are equal. Nothing is cached, so there is no id. */
export function matchesFound(matched: readonly MatchedEntry[], trackingId: string) {
  return {
    ...status(trackingId),
    CacheID: null,
    IsMatch: matched.length > 0,
    Matches: matched.map(({ match, entryNumber, listNumber, metadata }) => ({
      Score: 1 - match.distance / HASH_BITS,
      MatchId: Number(entryNumber),
      Source: String(listNumber),
      ...tagsAndLabel(metadata),
    })),
  };
}

/**
 * The scores are the sums of the model's unsafe and of its suggestive labels; a picture is adult from the score on that blocks
 * for this key, and racy from the one that goes to review. `Result` also where a list blocks it; nothing of an allow list is
 * any of the three.
 */
export function evaluated(ctx: RequestContext, judged: CheckResult, model: ModelFacts) {
  const { unsafe, suggestive } = groupScores(judged.classification?.scores ?? {}, model);
  const { block, suggestiveReview } = scorePolicy(ctx);
  const allowed = judged.matches.some((match) => match.listKind === "allow");
  const adult = !allowed && unsafe >= block;
  const racy = !allowed && suggestive >= (suggestiveReview ?? DEFAULT_RACY);
  return {
    AdultClassificationScore: unsafe,
    IsImageAdultClassified: adult,
    RacyClassificationScore: suggestive,
    IsImageRacyClassified: racy,
    AdvancedInfo: [{ Key: "ImageSizeInBytes", Value: String(judged.fingerprint.bytes) }],
    Result: adult || racy || judged.verdict === "block",
    ...status(ctx.requestId),
    CacheID: null,
    // Not the vendor's.
    lookalike: { verdict: judged.verdict, lists: listsOf(judged.matches) },
  };
}
