import type { GivenFeedback } from "../db/given-feedback.ts";
import type { Reservation } from "../db/quota-reservations.ts";
import type { QuotaState } from "../db/quota-state.ts";
import { recordNewImage, type StoredScores } from "../db/record-check.ts";
import type { Look } from "../fingerprint/fingerprint.ts";
import { looksOf } from "../fingerprint/looks.ts";
import { type NeuralHash, neuralHashOf } from "../fingerprint/neural.ts";
import type { HeldImage } from "../worker/pool.ts";
import { chargedUnits } from "./charge-quota.ts";
import { type CheckResult, type Classification, classificationOf, trimmedHashes } from "./check-result.ts";
import { checkedImage } from "./checked-image.ts";
import { quotaCaller, type RequestContext, scorePolicy } from "./context.ts";
import { findListMatches } from "./find-list-matches.ts";
import { findNearDuplicate, type NearDuplicate } from "./find-near-duplicate.ts";
import { newCheckId } from "./ids.ts";
import type { SentImage } from "./image-source.ts";
import type { MatchScope } from "./look-up-gate.ts";
import { decideVerdict } from "./verdict.ts";

/** `auto`: unless scores can be reused; `never`; `always`: unless the model ran on these very bytes before. */
export type ClassifyMode = "auto" | "never" | "always";

export interface Examination {
  readonly classify: ClassifyMode;
  readonly scope: MatchScope;
  /** The image's own number where it is stored already. */
  readonly knownId: bigint | null;
  /** Paid when the image is recorded; null where the check costs nothing. */
  readonly reservation: Reservation | null;
  /** The caller's quota as it stood, for checks that cost nothing. */
  readonly quota: QuotaState;
  /** What was said of these bytes. */
  readonly feedback: readonly GivenFeedback[];
}

/** What the model, or a near-duplicate's scores, say of an image. */
interface Seen {
  readonly near: NearDuplicate | null;
  /** What is answered. */
  readonly classification: Classification | null;
  /** What is stored: the model's own scores also where none were asked for. */
  readonly scores: StoredScores | null;
  /** Null where the model didn't run, or gives none. */
  readonly neural: NeuralHash | null;
}

/** Decodes, matches and classifies an image, and stores what was found in one statement. */
export async function examineImage(ctx: RequestContext, image: SentImage, asked: Examination): Promise<CheckResult> {
  const hold = asked.classify !== "never" || wantsNeural(ctx, asked);
  const held = await ctx.workers.fingerprint(image.bytes, { hold });
  try {
    return await examineHeld(ctx, image, held, asked);
  } finally {
    held.release();
  }
}

function wantsNeural(ctx: RequestContext, { scope }: Examination): boolean {
  return scope.wantsNeural && ctx.workers.model.neuralVersion !== null;
}

async function examineHeld(
  ctx: RequestContext,
  image: SentImage,
  held: HeldImage,
  asked: Examination,
): Promise<CheckResult> {
  const { report } = held;
  const looks = looksOf(report.variants);
  const seeing = see(ctx, held, looks, asked);
  // Only the neural hash has to be waited for before the lists are searched.
  const neuralInLists = wantsNeural(ctx, asked) ? seeing.then(({ neural }) => neural) : Promise.resolve(null);
  const [digests, matches, { near, classification, scores, neural }] = await Promise.all([
    image.digests(),
    Promise.all([image.digests(), neuralInLists]).then(([digests, neural]) =>
      findListMatches(ctx, { digests, looks, neural }, asked.scope),
    ),
    seeing,
  ]);
  const decided = decideVerdict({
    matches,
    scores: classification?.scores ?? null,
    model: ctx.workers.model,
    detail: report.detail,
    detailCause: report.detailCause,
    policy: scorePolicy(ctx),
  });
  const id = newCheckId();
  const recorded = await recordNewImage(ctx.db, checkedImage(report, digests, image.bytes.length, neural), scores, {
    checkId: id,
    verdict: decided.verdict,
    caller: quotaCaller(ctx),
    reservation: asked.reservation,
    claim: ctx.idempotencyClaim ?? null,
  });
  const { variants, ...facts } = report;
  return {
    id,
    ...decided,
    fingerprint: {
      ...digests,
      ...facts,
      trimmed: trimmedHashes(looks),
      neural: neural?.hash ?? null,
      bytes: image.bytes.length,
    },
    seen: {
      exact: recorded.timesSeen > 1,
      times: recorded.timesSeen,
      firstSeenAt: recorded.firstSeenAt,
      near: near?.nearest ?? null,
    },
    matches,
    classification,
    feedback: asked.feedback,
    quota: { ...(asked.reservation?.quota ?? asked.quota), charged: chargedUnits(ctx, asked.reservation) },
  };
}

/** The nearest image seen before, and scores: none, a near-duplicate's, or the model's, which runs at most once. */
async function see(ctx: RequestContext, held: HeldImage, looks: readonly Look[], asked: Examination): Promise<Seen> {
  const near = await findNearDuplicate(ctx, looks, asked.knownId, asked.scope.view);
  const { id: model, neuralVersion } = ctx.workers.model;
  // A flat picture's neural hash is matched as little as its other ones.
  const needsNeural = wantsNeural(ctx, asked) && looks.length > 0;
  if (!needsNeural && asked.classify === "never") {
    ctx.metrics.classifierRunsAvoided.inc({ reason: "not_asked" });
    return { near, classification: null, scores: null, neural: null };
  }
  if (!needsNeural && asked.classify === "auto" && near?.scored) {
    ctx.metrics.classifierRunsAvoided.inc({ reason: "near" });
    const { scores, imageId } = near.scored;
    const stored = { model, scores, scoresFrom: imageId };
    return { near, classification: classificationOf("near", model, scores), scores: stored, neural: null };
  }
  const { scores, neural } = await held.classify();
  ctx.metrics.classifierRuns.inc();
  return {
    near,
    classification: asked.classify === "never" ? null : classificationOf("model", model, scores),
    scores: { model, scores, scoresFrom: null },
    neural: neural === null || neuralVersion === null ? null : neuralHashOf(neuralVersion, neural),
  };
}
