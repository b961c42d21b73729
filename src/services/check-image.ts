import { findImageAndFeedback } from "../db/find-image.ts";
import type { GateImage } from "../db/gate-look-up.ts";
import type { KnownImage } from "../db/known-image.ts";
import type { Reservation } from "../db/quota-reservations.ts";
import { recordRepeat } from "../db/record-check.ts";
import { FINGERPRINT_VERSION } from "../fingerprint/version.ts";
import { chargedUnits, chargeQuota, refundQuota } from "./charge-quota.ts";
import { type CheckResult, classificationOf, trimmedHashes } from "./check-result.ts";
import { quotaCaller, type RequestContext, scorePolicy } from "./context.ts";
import { type ClassifyMode, examineImage } from "./examine-image.ts";
import { fetchCaller } from "./fetch-shares.ts";
import { matchKnownImage } from "./find-list-matches.ts";
import { newCheckId } from "./ids.ts";
import { type ImageSource, type SentImage, withImage } from "./image-source.ts";
import { type AskedLists, lookUpGate, type MatchScope, type OpenGate } from "./look-up-gate.ts";
import { requireNeuralHash } from "./require-neural-hash.ts";
import { requireScopeOfKey } from "./require-scope.ts";
import { decideVerdict } from "./verdict.ts";
import { workAlone } from "./work-alone.ts";

export interface CheckImageInput {
  readonly source: ImageSource;
  readonly lists: AskedLists;
  readonly classify: ClassifyMode;
  /** Units that the check costs, new image or not, where a surface has prices of its own. */
  readonly flatUnits?: number;
}

/**
 * Checks one image: banned, seen, unsafe, and what the call cost. A keyed call pays one unit for an image nobody sent
 * before and nothing for a repeat, where the surface has no price of its own; a call without a key pays one for either. What
 * fails costs nothing, and so does what an earlier run of the same request has paid.
 * @throws AppError what is wrong with the image or its URL; quota_exceeded; list_not_found; match_unavailable; overloaded
 */
export async function checkImage(ctx: RequestContext, input: CheckImageInput): Promise<CheckResult> {
  requireScopeOfKey(ctx, "check");
  if (input.lists.match === "robust") requireNeuralHash(ctx, "match");
  const upfrontUnits = isPaid(ctx) ? 0 : (input.flatUnits ?? (ctx.actor.type === "anonymous" ? 1 : 0));
  const upfront = upfrontUnits === 0 ? null : await chargeQuota(ctx, upfrontUnits);
  try {
    const result = await withImage(ctx, input.source, fetchCaller(ctx), (image) =>
      checkSent(ctx, image, input, upfront),
    );
    ctx.metrics.checks.inc({ verdict: result.verdict });
    return result;
  } catch (error) {
    await refundQuota(ctx, upfront, error);
    throw error;
  }
}

async function checkSent(
  ctx: RequestContext,
  image: SentImage,
  input: CheckImageInput,
  upfront: Reservation | null,
): Promise<CheckResult> {
  for (;;) {
    const gate = await lookUpGate(ctx, "sha256", [image.sha256], input.lists);
    const known = gate.images[0] ?? null;
    if (known !== null && saysEnough(ctx, known, input.classify, gate.scope)) {
      return await checkRepeat(ctx, known, gate, upfront, input.classify);
    }
    // Whoever is at it already has its place in the queue.
    if (!ctx.imagesInWork.has(image.sha256)) ctx.workers.requireRoom(image.bytes.byteLength);
    const work = await workAlone(ctx, image, () => examineUnlessDone(ctx, image, input, gate, upfront));
    if (!work.waited) return work.result;
  }
}

/** Null where somebody finished this image between our look-up and our claim on it. */
async function examineUnlessDone(
  ctx: RequestContext,
  image: SentImage,
  input: CheckImageInput,
  gate: OpenGate,
  upfront: Reservation | null,
): Promise<CheckResult | null> {
  const { image: known, feedback } = await findImageAndFeedback(ctx.db, image.sha256);
  if (known !== null && saysEnough(ctx, known, input.classify, gate.scope)) return null;
  const costs = input.flatUnits === undefined && known === null && ctx.actor.type === "key" && !isPaid(ctx);
  const reservation = costs ? await chargeQuota(ctx, 1) : upfront;
  try {
    return await examineImage(ctx, image, {
      classify: input.classify,
      scope: gate.scope,
      knownId: known?.id ?? null,
      reservation,
      quota: gate.quota,
      feedback,
    });
  } catch (error) {
    if (upfront === null) await refundQuota(ctx, reservation, error);
    throw error;
  }
}

/** True where an earlier run of the same request was charged, and its answer was lost. */
function isPaid(ctx: RequestContext): boolean {
  return ctx.idempotencyClaim !== undefined && ctx.idempotencyClaim.chargedUnits > 0;
}

/** True where what is stored of an image answers this check without decoding or classifying it again. */
function saysEnough(ctx: RequestContext, known: KnownImage, classify: ClassifyMode, scope: MatchScope): boolean {
  if (known.fingerprintVersion !== FINGERPRINT_VERSION) return false;
  const { neuralVersion } = ctx.workers.model;
  const lacksNeural = neuralVersion !== null && known.neural?.version !== neuralVersion;
  if (scope.wantsNeural && lacksNeural && known.looks.length > 0) return false;
  if (classify === "never") return true;
  return known.model === ctx.workers.model.id && (classify === "auto" || known.scoresFrom === null);
}

async function checkRepeat(
  ctx: RequestContext,
  known: GateImage,
  { scope, quota }: OpenGate,
  reservation: Reservation | null,
  classify: ClassifyMode,
): Promise<CheckResult> {
  const matches = await matchKnownImage(ctx, known, scope);
  const scores = known.model === ctx.workers.model.id ? known.scores : null;
  const decided = decideVerdict({
    matches,
    scores,
    model: ctx.workers.model,
    detail: known.detail,
    detailCause: known.detailCause,
    policy: scorePolicy(ctx),
  });
  const id = newCheckId();
  const recorded = await recordRepeat(ctx.db, known.id, {
    checkId: id,
    verdict: decided.verdict,
    caller: quotaCaller(ctx),
    reservation,
    claim: ctx.idempotencyClaim ?? null,
  });
  ctx.metrics.classifierRunsAvoided.inc({ reason: classify === "never" ? "not_asked" : "exact" });
  return {
    id,
    ...decided,
    fingerprint: {
      ...known.digests,
      pdq: known.pdq,
      pdqQuality: known.pdqQuality,
      blockhash: known.blockhash,
      detail: known.detail,
      detailCause: known.detailCause,
      trimmed: trimmedHashes(known.looks),
      neural: known.neural?.hash ?? null,
      width: known.width,
      height: known.height,
      format: known.format,
      frames: known.frames,
      bytes: known.byteLength,
    },
    seen: { exact: true, times: recorded.timesSeen, firstSeenAt: recorded.firstSeenAt, near: null },
    matches,
    classification: scores === null ? null : classificationOf("exact", ctx.workers.model.id, scores),
    feedback: known.feedback,
    quota: { ...(reservation?.quota ?? quota), charged: chargedUnits(ctx, reservation) },
  };
}
