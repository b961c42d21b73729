import { joinTransforms } from "../db/known-image.ts";
import type { Reservation } from "../db/quota-reservations.ts";
import type { QuotaState } from "../db/quota-state.ts";
import { type CheckedImage, recordNewImage } from "../db/record-check.ts";
import { toIndexBits } from "../fingerprint/bit-order.ts";
import type { Digests } from "../fingerprint/fingerprint.ts";
import { FINGERPRINT_VERSION } from "../fingerprint/fingerprint-image.ts";
import type { HeldImage } from "../worker/pool.ts";
import type { ImageReport } from "../worker/protocol.ts";
import { type CheckResult, type Classification, classificationOf } from "./check-result.ts";
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
}

/** Decodes, matches and classifies an image, and stores what was found in one statement. */
export async function examineImage(ctx: RequestContext, image: SentImage, asked: Examination): Promise<CheckResult> {
  const held = await ctx.workers.fingerprint(image.bytes, { hold: asked.classify !== "never" });
  try {
    return await examineHeld(ctx, image, held, asked);
  } finally {
    held.release();
  }
}

async function examineHeld(
  ctx: RequestContext,
  image: SentImage,
  held: HeldImage,
  asked: Examination,
): Promise<CheckResult> {
  const { report } = held;
  const [digests, matches, { near, classification }] = await Promise.all([
    image.digests(),
    image.digests().then((digests) => findListMatches(ctx, { ...report, digests }, asked.scope)),
    classifyOrReuse(ctx, held, asked),
  ]);
  const decided = decideVerdict({
    matches,
    scores: classification?.scores ?? null,
    model: ctx.workers.model,
    detail: report.detail,
    policy: scorePolicy(ctx),
  });
  const id = newCheckId();
  const reusedFrom = classification?.source === "near" ? (near?.scored?.imageId ?? null) : null;
  const recorded = await recordNewImage(
    ctx.db,
    checkedImage(report, digests, image.bytes.length),
    classification && { model: classification.model, scores: classification.scores, scoresFrom: reusedFrom },
    { checkId: id, verdict: decided.verdict, caller: quotaCaller(ctx), reservation: asked.reservation },
  );
  return {
    id,
    ...decided,
    fingerprint: { ...digests, ...report, bytes: image.bytes.length },
    seen: {
      exact: recorded.timesSeen > 1,
      times: recorded.timesSeen,
      firstSeenAt: recorded.firstSeenAt,
      near: near?.nearest ?? null,
    },
    matches,
    classification,
    quota: { ...(asked.reservation?.quota ?? asked.quota), charged: asked.reservation?.units ?? 0 },
  };
}

/** The nearest image seen before, and scores: none, a near-duplicate's, or the model's. */
async function classifyOrReuse(
  ctx: RequestContext,
  held: HeldImage,
  asked: Examination,
): Promise<{ near: NearDuplicate | null; classification: Classification | null }> {
  const near = await findNearDuplicate(ctx, held.report, asked.knownId, asked.scope.view);
  if (asked.classify === "never") {
    ctx.metrics.classifierRunsAvoided.inc({ reason: "not_asked" });
    return { near, classification: null };
  }
  const model = ctx.workers.model.id;
  if (asked.classify === "auto" && near?.scored) {
    ctx.metrics.classifierRunsAvoided.inc({ reason: "near" });
    return { near, classification: classificationOf("near", model, near.scored.scores) };
  }
  const scores = await held.classify();
  ctx.metrics.classifierRuns.inc();
  return { near, classification: classificationOf("model", model, scores) };
}

function checkedImage(report: ImageReport, digests: Digests, byteLength: number): CheckedImage {
  const { pdqTransforms, blockhash } = report;
  const searchable = report.detail === "sufficient" && pdqTransforms !== null && blockhash !== null;
  return {
    digests,
    byteLength,
    format: report.format,
    width: report.width,
    height: report.height,
    frames: report.frames,
    pdqTransforms: pdqTransforms === null ? null : joinTransforms(pdqTransforms),
    pdqQuality: report.pdqQuality,
    blockhash,
    detail: report.detail,
    fingerprintVersion: FINGERPRINT_VERSION,
    searchBits: searchable
      ? { pdq: toIndexBits("pdq", pdqTransforms.identity), blockhash: toIndexBits("blockhash", blockhash) }
      : null,
  };
}
