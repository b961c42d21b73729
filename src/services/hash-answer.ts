import type { KnownImage } from "../db/known-image.ts";
import type { Detail, Digests } from "../fingerprint/fingerprint.ts";
import { type Classification, classificationOf, type Seen } from "./check-result.ts";
import { type RequestContext, scorePolicy } from "./context.ts";
import { findListMatches } from "./find-list-matches.ts";
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
  };
  readonly seen: Seen | null;
  readonly matches: readonly Match[];
  readonly classification: Classification | null;
}

/** The answer for an image that was checked before, as its lists and thresholds stand now. */
export async function answerForImage(ctx: RequestContext, image: KnownImage, scope: MatchScope): Promise<HashAnswer> {
  const matches = await findListMatches(ctx, image, scope);
  const scores = image.model === ctx.workers.model.id ? image.scores : null;
  const { model } = ctx.workers;
  return {
    id: newCheckId(),
    known: true,
    ...decideVerdict({ matches, scores, model, detail: image.detail, policy: scorePolicy(ctx) }),
    fingerprint: {
      ...image.digests,
      pdq: image.pdqTransforms?.identity ?? null,
      pdqQuality: image.pdqQuality,
      blockhash: image.blockhash,
      detail: image.detail,
    },
    seen: { exact: true, times: image.timesSeen, firstSeenAt: image.firstSeenAt, near: null },
    matches,
    classification: scores === null ? null : classificationOf("exact", model.id, scores),
  };
}

/** The answer for a hash of an image nobody checked. */
export function answerForMatches(
  ctx: RequestContext,
  fingerprint: HashAnswer["fingerprint"],
  matches: readonly Match[],
): HashAnswer {
  const known = matches.length > 0;
  const { model } = ctx.workers;
  const decided = known
    ? decideVerdict({ matches, scores: null, model, detail: "sufficient", policy: scorePolicy(ctx) })
    : { verdict: "unknown" as const, reasons: [] };
  return { id: newCheckId(), known, ...decided, fingerprint, seen: null, matches, classification: null };
}

/** Of several answers to one question the one with the gravest verdict, of equals the first. */
export function gravestAnswer(answers: readonly HashAnswer[]): HashAnswer {
  return answers.reduce((left, right) => {
    if (left.verdict === "unknown" || right.verdict === "unknown") return left;
    return graver(left.verdict, right.verdict) === left.verdict ? left : right;
  });
}
