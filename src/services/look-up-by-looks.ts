import { findImageById } from "../db/find-image.ts";
import { searchImagesByOneHash } from "../db/near-images.ts";
import { hashDetail } from "../fingerprint/detail.ts";
import type { PerceptualKind } from "../fingerprint/fingerprint.ts";
import { REUSE_THRESHOLDS } from "../fingerprint/reuse.ts";
import { classificationOf } from "./check-result.ts";
import { type RequestContext, scorePolicy } from "./context.ts";
import { findListMatches } from "./find-list-matches.ts";
import { answerForMatches, type HashAnswer } from "./hash-answer.ts";
import { publicId } from "./ids.ts";
import type { MatchScope } from "./look-up-gate.ts";
import { decideVerdict } from "./verdict.ts";

/**
 * The answer for one perceptual hash: list entries within their lists' thresholds, and the nearest image seen within the
 * reuse threshold. One hash of the picture as it is: its mirrored and turned forms are met only where the image is sent.
 */
export async function lookUpByLooks(
  ctx: RequestContext,
  kind: PerceptualKind,
  value: string,
  scope: MatchScope,
): Promise<HashAnswer> {
  const detail = hashDetail(kind, value);
  const fingerprint = { [kind]: value, detail };
  if (detail === "insufficient") {
    const nothing = answerForMatches(ctx, fingerprint, []);
    const message = `The ${kind} hash has too little detail to be matched by`;
    return { ...nothing, reasons: [{ code: "insufficient_detail", message }] };
  }
  const query = {
    digests: null,
    pdqTransforms: kind === "pdq" ? { identity: value } : null,
    blockhash: kind === "blockhash" ? value : null,
    detail,
  };
  const [matches, [nearest]] = await Promise.all([
    findListMatches(ctx, query, scope),
    searchImagesByOneHash(ctx.db, { kind, hash: value, threshold: REUSE_THRESHOLDS[kind], limit: 1 }),
  ]);
  const image = nearest === undefined ? null : await findImageById(ctx.db, nearest.imageId);
  const answer = answerForMatches(ctx, fingerprint, matches);
  if (nearest === undefined || image === null) return answer;
  const { model } = ctx.workers;
  const scores = image.model === model.id ? image.scores : null;
  return {
    ...answer,
    known: true,
    ...decideVerdict({ matches, scores, model, detail, policy: scorePolicy(ctx) }),
    seen: {
      exact: false,
      times: image.timesSeen,
      firstSeenAt: image.firstSeenAt,
      near: {
        imageId: publicId("image", nearest.imageId),
        hash: kind,
        distance: nearest.distance,
        transform: "identity",
      },
    },
    classification: scores === null ? null : classificationOf("near", model.id, scores),
  };
}
