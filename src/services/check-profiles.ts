import { AppError } from "../errors.ts";
import { checkPictures, type PictureOutcome } from "./check-pictures.ts";
import type { CheckResult, QuotaFacts } from "./check-result.ts";
import type { RequestContext } from "./context.ts";
import type { ImageSource } from "./image-source.ts";
import { matchNames, type NameAnswer, type NameOutcome } from "./match-names.ts";
import { isPictureFault } from "./picture-faults.ts";
import { decideProfile, type ProfileAction, type ProfileReason } from "./profile-action.ts";
import { readOwnQuota } from "./read-own-quota.ts";
import { requireNamedLists } from "./require-list.ts";
import { requireScopeOfKey } from "./require-scope.ts";
import { groupScores } from "./score-groups.ts";

/** Below this share of safe a picture has its profile removed, where the request doesn't say otherwise. */
export const REMOVE_BELOW = 0.4;

export interface Profile {
  readonly name: string | null;
  /** An error where what was sent as a picture can't be one; null where none was sent. */
  readonly picture: ImageSource | AppError | null;
}

export interface ProfilesInput {
  readonly profiles: readonly Profile[];
  /** Lists of names and of pictures; null for every enabled one. */
  readonly lists: readonly string[] | null;
  /** 0..1. */
  readonly removeBelow: number;
}

export interface ProfileAnswer {
  readonly action: ProfileAction;
  readonly reasons: readonly ProfileReason[];
  /** Null where there is no name, or it could not be compared; what was found of it by then is told. */
  readonly name: NameAnswer | null;
  /** Null where there is no picture, or it could not be checked. */
  readonly check: CheckResult | null;
  /** 0..1: the model's scores of what is neither unsafe nor suggestive; null without scores. */
  readonly safe: number | null;
  /** What kept the name or the picture from being checked; null: nothing. */
  readonly failure: unknown;
  /** Units that the picture cost. */
  readonly charged: number;
}

export interface ProfilesResult {
  readonly answers: readonly ProfileAnswer[];
  readonly quota: QuotaFacts;
}

/**
 * Checks profiles: their names against lists of names, at no cost, and their pictures as any image is checked, each at its own
 * price; a picture that comes twice is checked once. What fails of one profile is told with that profile.
 * @throws AppError list_not_found, scope_missing
 * @throws ClientAborted
 */
export async function checkProfiles(ctx: RequestContext, input: ProfilesInput): Promise<ProfilesResult> {
  requireScopeOfKey(ctx, "check");
  const { profiles } = input;
  const lists = input.lists === null ? null : await splitLists(ctx, input.lists);
  const names = await matchNames(
    ctx,
    profiles.map(({ name }) => name),
    lists?.ofNames ?? null,
  );
  const pictures = await checkPictures(
    ctx,
    profiles.map(({ picture }) => picture),
    lists?.ofPictures ?? null,
  );
  const answers = profiles.map((_, place) => answerOf(ctx, names[place], pictures[place] ?? null, input.removeBelow));
  const charged = answers.reduce((sum, answer) => sum + answer.charged, 0);
  return { answers, quota: { ...(await readOwnQuota(ctx)), charged } };
}

async function splitLists(
  ctx: RequestContext,
  names: readonly string[],
): Promise<{ ofNames: readonly bigint[]; ofPictures: readonly string[] }> {
  const lists = [...(await requireNamedLists(ctx, names))];
  return {
    ofNames: lists.flatMap(([, { kind, id }]) => (kind === "names" ? [id] : [])),
    ofPictures: lists.flatMap(([name, { kind }]) => (kind === "names" ? [] : [name])),
  };
}

function answerOf(
  ctx: RequestContext,
  compared: NameOutcome | undefined,
  outcome: PictureOutcome | null,
  removeBelow: number,
): ProfileAnswer {
  const name = compared?.answer ?? null;
  const check = outcome?.check ?? null;
  const failure = compared?.failure ?? outcome?.failure ?? null;
  const scores = check?.classification?.scores ?? null;
  const safe = scores === null ? null : groupScores(scores, ctx.workers.model).safe;
  const told =
    failure === null
      ? null
      : {
          message:
            failure instanceof AppError ? failure.message : "Expected an answer from the service but received none",
          isPictureFault: isPictureFault(failure),
        };
  const decided = decideProfile({ name, check, safe, failure: told }, removeBelow);
  return { ...decided, name, check, safe, failure, charged: outcome?.charged ?? 0 };
}
