import type { GateImage } from "../db/gate-look-up.ts";
import type { GivenFeedback } from "../db/given-feedback.ts";
import type { KnownImage } from "../db/known-image.ts";
import type { Detail, DetailCause, Digests } from "../fingerprint/fingerprint.ts";
import { type Classification, classificationOf, type Seen, type TrimmedHashes, trimmedHashes } from "./check-result.ts";
import { type RequestContext, scorePolicy } from "./context.ts";
import { matchKnownImage } from "./find-list-matches.ts";
import { newCheckId } from "./ids.ts";
import type { MatchScope } from "./look-up-gate.ts";
import type { Match } from "./match.ts";
import { decideVerdict, graver, type Reason, type Verdict } from "./verdict.ts";

/** What is known of one hash; `unknown` where nothing is. */
export interface HashAnswer {
  readonly id: string;
  readonly known: boolean;
  readonly verdict: Verdict | "unknown";
  readonly reasons: readonly Reason[];
  /** The image's hashes as far as they are known. */
  readonly fingerprint: Partial<Digests> & {
    readonly pdq?: string | null;
    readonly pdqQuality?: number;
    readonly blockhash?: string | null;
    readonly detail?: Detail;
    readonly detailCause?: DetailCause | null;
    readonly trimmed?: TrimmedHashes | null;
    readonly neural?: string | null;
  };
  readonly seen: Seen | null;
  readonly matches: readonly Match[];
  readonly classification: Classification | null;
  /** What was said of an image that the hash is the very one of, the newest first; nothing for other answers. */
  readonly feedback: readonly GivenFeedback[];
}

/** The answer for an image that was checked before, as its lists and thresholds stand now. */
export async function answerForImage(ctx: RequestContext, image: GateImage, scope: MatchScope): Promise<HashAnswer> {
  const matches = await matchKnownImage(ctx, image, scope);
  return {
    id: newCheckId(),
    known: true,
    ...judge(ctx, matches, image, image),
    fingerprint: {
      ...image.digests,
      pdq: image.pdq,
      pdqQuality: image.pdqQuality,
      blockhash: image.blockhash,
      detail: image.detail,
      detailCause: image.detailCause,
      trimmed: trimmedHashes(image.looks),
      neural: image.neural?.hash ?? null,
    },
    seen: { exact: true, times: image.timesSeen, firstSeenAt: image.firstSeenAt, near: null },
    matches,
    classification: storedClassification("exact", image),
    feedback: image.feedback,
  };
}

/**
 * The verdict of a look-up. Scores count whichever model gave them, until the image is sent again; without any, and
 * without a match, nobody can say: `unknown`, never `allow`.
 */
export function judge(
  ctx: RequestContext,
  matches: readonly Match[],
  image: Pick<KnownImage, "scores"> | null,
  { detail, detailCause }: Pick<KnownImage, "detail" | "detailCause">,
): { verdict: HashAnswer["verdict"]; reasons: Reason[] } {
  const scores = image?.scores ?? null;
  const { model } = ctx.workers;
  const { verdict, reasons } = decideVerdict({ matches, scores, model, detail, detailCause, policy: scorePolicy(ctx) });
  return { verdict: scores === null && matches.length === 0 ? "unknown" : verdict, reasons };
}

/** An image's stored scores, named after the model that gave them. */
export function storedClassification(
  source: "exact" | "near",
  { model, scores }: Pick<KnownImage, "model" | "scores">,
): Classification | null {
  return model === null || scores === null ? null : classificationOf(source, model, scores);
}

/** The answer for a hash of an image nobody checked. */
export function answerForMatches(
  ctx: RequestContext,
  fingerprint: HashAnswer["fingerprint"],
  matches: readonly Match[],
): HashAnswer {
  const known = matches.length > 0;
  const judged = known
    ? judge(ctx, matches, null, { detail: "sufficient", detailCause: null })
    : { verdict: "unknown" as const, reasons: [] };
  return { id: newCheckId(), known, ...judged, fingerprint, seen: null, matches, classification: null, feedback: [] };
}

/** Of several answers to one question the one with the gravest verdict, of equals the first. */
export function gravestAnswer(answers: readonly HashAnswer[]): HashAnswer {
  return answers.reduce((left, right) => {
    if (right.verdict === "unknown") return left;
    if (left.verdict === "unknown") return right;
    return graver(left.verdict, right.verdict) === left.verdict ? left : right;
  });
}
