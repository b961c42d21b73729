import { randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { type ClaimOwner, claimImage, isImageClaimed, noteClaimSha1, releaseImageClaim } from "../db/image-claims.ts";
import { AppError, type ErrorCode } from "../errors.ts";
import type { AppContext } from "./context.ts";
import type { SentImage } from "./image-source.ts";
import { undoAfter, undoNow } from "./leftovers.ts";

/** Failures that say nothing about the image or the service. */
const CALLERS_OWN: ReadonlySet<ErrorCode> = new Set(["quota_exceeded", "credentials_invalid", "list_not_found"]);

const FIRST_LOOK_MS = 20;
const LONGEST_LOOK_MS = 250;
const CLAIM = "a claim on an image";

/** `waited`: somebody else was at work on this image and is done; look it up again. */
export type WorkOutcome<Result> = { readonly waited: true } | { readonly waited: false; readonly result: Result };

/**
 * Runs `work` on an image unless somebody else, in this process or another, is at it already; then waits for them, so that
 * any number of concurrent uploads of one new image decode and classify it once. What is wrong with the image itself is
 * told to those who waited in this process as well.
 */
export async function workAlone<Result>(
  ctx: AppContext,
  image: SentImage,
  work: () => Promise<Result | null>,
): Promise<WorkOutcome<Result>> {
  const running = ctx.imagesInWork.get(image.sha256);
  if (running !== undefined) {
    await running;
    return { waited: true };
  }
  const turn = startTurn();
  ctx.imagesInWork.set(image.sha256, turn.ended);
  try {
    const owner = { processId: ctx.processId, claimId: randomUUID() };
    if (!(await claim(ctx, image.sha256, owner))) {
      await untilUnclaimed(ctx, image.sha256);
      return { waited: true };
    }
    noteSha1(ctx, image);
    const result = await workClaimed(ctx, image.sha256, owner, work);
    return result === null ? { waited: true } : { waited: false, result };
  } catch (error) {
    if (!(error instanceof AppError && CALLERS_OWN.has(error.code))) turn.fail(error);
    throw error;
  } finally {
    ctx.imagesInWork.delete(image.sha256);
    turn.end();
  }
}

/** Where the database doesn't answer the claim may stand all the same, and others would wait for it. */
async function claim(ctx: AppContext, sha256: string, owner: ClaimOwner): Promise<boolean> {
  try {
    return await claimImage(ctx.db, sha256, owner);
  } catch (error) {
    await undoAfter(ctx, error, CLAIM, () => releaseImageClaim(ctx.db, sha256, owner));
    throw error;
  }
}

/** `work` ends the claim itself in the statement that stores the image; here it ends where nothing was stored. */
async function workClaimed<Result>(
  ctx: AppContext,
  sha256: string,
  owner: ClaimOwner,
  work: () => Promise<Result | null>,
): Promise<Result | null> {
  const release = () => releaseImageClaim(ctx.db, sha256, owner);
  try {
    const result = await work();
    if (result === null) await undoNow(ctx, CLAIM, release);
    return result;
  } catch (error) {
    await undoAfter(ctx, error, CLAIM, release);
    throw error;
  }
}

/** Lets those who ask by SHA-1 see the claim, too. Computed beside the work, which need not wait for it. */
function noteSha1(ctx: AppContext, image: SentImage): void {
  image
    .digests()
    .then(({ sha1 }) => noteClaimSha1(ctx.db, image.sha256, sha1))
    .catch((error: unknown) => ctx.logger.debug({ err: error }, "A claim on an image has no SHA-1"));
}

async function untilUnclaimed(ctx: AppContext, sha256: string): Promise<void> {
  for (let pause = FIRST_LOOK_MS; await isImageClaimed(ctx.db, "sha256", sha256); ) {
    await delay(pause);
    pause = Math.min(pause * 2, LONGEST_LOOK_MS);
  }
}

/** A promise for those who wait; its failure is theirs to hear, so that it is no unhandled rejection without any. */
function startTurn(): { ended: Promise<void>; end(): void; fail(error: unknown): void } {
  let end = () => {};
  let fail: (error: unknown) => void = () => {};
  const ended = new Promise<void>((resolve, reject) => {
    end = resolve;
    fail = reject;
  });
  ended.catch(() => {});
  return { ended, end, fail };
}
