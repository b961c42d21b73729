import { type FeedbackBounds, type FeedbackRow, type NewFeedback, putFeedback } from "../db/feedback.ts";
import type { GateImage } from "../db/gate-look-up.ts";
import { AppError } from "../errors.ts";
import { FINGERPRINT_VERSION } from "../fingerprint/version.ts";
import type { RequestContext } from "./context.ts";
import { fetchCaller } from "./fetch-shares.ts";
import { answerForImage } from "./hash-answer.ts";
import { type ImageSource, type SentImage, withImage } from "./image-source.ts";
import { ALL_LISTS, lookUpGate, type MatchScope } from "./look-up-gate.ts";
import { requireScope } from "./require-scope.ts";

export type { FeedbackRow };

export interface FeedbackInput {
  readonly source: ImageSource;
  /** Which API it came by: `native`, or a vendor surface's name. */
  readonly surface: string;
  /** What the caller says, in the words of that surface, which has to know them: nothing here looks at either. */
  readonly model: string;
  readonly class: string;
}

type Facts = Omit<NewFeedback, "keyId" | "surface" | "model" | "class" | "picture" | "pictureBytes">;

const MEBIBYTE = 2 ** 20;

/**
 * Stores what a caller says a picture really is, at no cost: with its fingerprint, and with what the service says of it now
 * where it was ever checked. The same caller's later word on the same bytes, surface and model takes its place. The picture
 * itself is stored only where the operator has it so, and as long as the key's pictures stay within
 * FEEDBACK_IMAGES_MB_PER_KEY.
 * @throws AppError credentials_missing, scope_missing; feedback_full where FEEDBACK_PER_KEY is reached; what is wrong with the
 * image or its URL; overloaded
 */
export async function giveFeedback(ctx: RequestContext, input: FeedbackInput): Promise<FeedbackRow> {
  const actor = requireScope(ctx, "check");
  return await withImage(ctx, input.source, fetchCaller(ctx), async (image) => {
    const { images, scope } = await lookUpGate(ctx, "sha256", [image.sha256], ALL_LISTS);
    const known = images[0] ?? null;
    const facts = await (known === null ? decodedFacts(ctx, image) : knownFacts(ctx, known, scope));
    const { surface, model, class: said } = input;
    const picture = ctx.config.keepFeedbackImages ? Buffer.from(image.bytes) : null;
    const feedback = { ...facts, keyId: actor.id, surface, model, class: said, picture };
    // They wait for one another in the database, each with a connection that others need.
    const put = () => putFeedback(ctx.db, feedback, boundsOf(ctx));
    return (await ctx.feedbackTurns.take(actor.id, put)) ?? feedbackFull(ctx);
  });
}

function boundsOf({ config }: RequestContext): FeedbackBounds {
  return { rows: config.feedbackPerKey, pictureBytes: config.feedbackImagesMbPerKey * MEBIBYTE };
}

function feedbackFull({ config }: RequestContext): never {
  throw new AppError(
    "feedback_full",
    `Expected at most ${config.feedbackPerKey} pictures and models with feedback for the API key but received one more`,
  );
}

async function knownFacts(ctx: RequestContext, known: GateImage, scope: MatchScope): Promise<Facts> {
  const { verdict } = await answerForImage(ctx, known, scope);
  const { digests, pdq, pdqQuality, blockhash, fingerprintVersion, scores } = known;
  return {
    ...digests,
    pdq,
    pdqQuality,
    blockhash,
    fingerprintVersion,
    verdict: verdict === "unknown" ? null : verdict,
    scores,
  };
}

async function decodedFacts(ctx: RequestContext, image: SentImage): Promise<Facts> {
  ctx.workers.requireRoom(image.bytes.byteLength);
  const held = await ctx.workers.fingerprint(image.bytes, { hold: false });
  held.release();
  const { pdq, pdqQuality, blockhash } = held.report;
  const digests = await image.digests();
  return {
    ...digests,
    pdq,
    pdqQuality,
    blockhash,
    fingerprintVersion: FINGERPRINT_VERSION,
    verdict: null,
    scores: null,
  };
}
