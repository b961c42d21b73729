import { findImageById } from "../db/find-image.ts";
import type { KnownImage } from "../db/known-image.ts";
import { type OneHashMatch, searchImagesByOneHash } from "../db/near-images.ts";
import { hashDetail } from "../fingerprint/detail.ts";
import type { PerceptualKind } from "../fingerprint/fingerprint.ts";
import { looksOfHash } from "../fingerprint/looks.ts";
import { REUSE_THRESHOLDS } from "../fingerprint/reuse.ts";
import { COMPARABLE_VERSIONS } from "../fingerprint/version.ts";
import type { RequestContext } from "./context.ts";
import { findListMatches } from "./find-list-matches.ts";
import { answerForMatches, type HashAnswer, judge, storedClassification } from "./hash-answer.ts";
import { publicId } from "./ids.ts";
import type { MatchScope } from "./look-up-gate.ts";

/** Seen images looked through for one that has scores. */
const NEIGHBOURS_MAX = 20;

/**
 * The answer for one perceptual hash: list entries within their lists' thresholds, and the nearest image seen within the
 * reuse threshold. Of the picture's mirrored and turned forms only those are met that a hash alone tells exactly: a
 * blockhash's mirrored, flipped and half-turned ones.
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
  const query = { digests: null, looks: looksOfHash(kind, value), neural: null };
  const threshold = REUSE_THRESHOLDS[kind];
  const search = {
    kind,
    hash: value,
    threshold,
    comparableVersions: COMPARABLE_VERSIONS,
    limit: NEIGHBOURS_MAX,
    view: scope.view,
  };
  const [matches, near] = await Promise.all([
    findListMatches(ctx, query, scope),
    ctx.replicas.search(scope.view?.lsn ?? null, (db) => searchImagesByOneHash(db, search)),
  ]);
  const answer = answerForMatches(ctx, fingerprint, matches);
  const neighbour = await firstScored(ctx, near);
  if (neighbour === null) return answer;
  const { image, distance, transform } = neighbour;
  return {
    ...answer,
    known: true,
    ...judge(ctx, matches, image, { detail, detailCause: null }),
    seen: {
      exact: false,
      times: image.timesSeen,
      firstSeenAt: image.firstSeenAt,
      near: { imageId: publicId("image", image.id), hash: kind, distance, transform },
    },
    classification: storedClassification("near", image),
  };
}

interface Neighbour extends Omit<OneHashMatch, "imageId"> {
  readonly image: KnownImage;
}

/** The nearest seen image that has scores; without any, the nearest. */
async function firstScored(ctx: RequestContext, near: readonly OneHashMatch[]): Promise<Neighbour | null> {
  let nearest: Neighbour | null = null;
  for (const { imageId, distance, transform } of near) {
    const image = await findImageById(ctx.db, imageId);
    if (image?.scores) return { image, distance, transform };
    if (image !== null) nearest ??= { image, distance, transform };
  }
  return nearest;
}
