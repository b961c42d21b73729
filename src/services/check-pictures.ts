import { ClientAborted } from "../client-aborted.ts";
import { AppError } from "../errors.ts";
import { checkImage } from "./check-image.ts";
import type { CheckResult } from "./check-result.ts";
import type { RequestContext } from "./context.ts";
import type { ImageSource } from "./image-source.ts";

/** Pictures of one call that are checked at the same time: more would keep other calls from the workers. */
const TOGETHER = 4;
/**
 * After so many milliseconds no further picture is begun: a claim on an Idempotency-Key holds for five minutes, and one
 * picture may take most of them.
 */
const BEGUN_WITHIN_MS = 60_000;

/** What became of one picture: its check, or why there is none. */
export interface PictureOutcome {
  readonly check: CheckResult | null;
  readonly failure: unknown;
  /** Units; 0 where the same picture came earlier in the call. */
  readonly charged: number;
}

/**
 * Checks several pictures, each as by itself. The same bytes, and the same URL, are checked and paid once, for the first of
 * the profiles that has them.
 * @param pictures an error in the place of what is no picture; null where there is none
 * @param lists names of the lists of pictures to search; null for every enabled one
 * @returns an outcome for each picture, null where there is none
 * @throws ClientAborted
 */
export async function checkPictures(
  ctx: RequestContext,
  pictures: readonly (ImageSource | AppError | null)[],
  lists: readonly string[] | null,
): Promise<(PictureOutcome | null)[]> {
  const distinct = new Map<string, ImageSource>();
  for (const picture of pictures) {
    if (picture !== null && !(picture instanceof AppError) && !distinct.has(nameOf(picture))) {
      distinct.set(nameOf(picture), picture);
    }
  }
  const outcomes = await checkDistinct(ctx, distinct, lists);
  const told = new Set<string>();
  return pictures.map((picture) => {
    if (picture === null) return null;
    if (picture instanceof AppError) return { check: null, failure: picture, charged: 0 };
    const name = nameOf(picture);
    const outcome = outcomes.get(name);
    if (outcome === undefined) throw new Error("A picture was not checked");
    const isAgain = told.has(name);
    told.add(name);
    return isAgain ? { ...outcome, charged: 0 } : outcome;
  });
}

function nameOf(picture: ImageSource): string {
  return "url" in picture ? `url ${picture.url}` : `sha256 ${picture.sha256}`;
}

async function checkDistinct(
  ctx: RequestContext,
  pictures: ReadonlyMap<string, ImageSource>,
  lists: readonly string[] | null,
): Promise<ReadonlyMap<string, PictureOutcome>> {
  const outcomes = new Map<string, PictureOutcome>();
  const waiting = [...pictures];
  const paid = createPaidUnits(ctx);
  const beganMs = performance.now();
  async function work(): Promise<void> {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      if (ctx.client.destroyed) throw new ClientAborted();
      const [name, source] = next;
      const isLate = performance.now() - beganMs > BEGUN_WITHIN_MS;
      outcomes.set(name, isLate ? tooLate() : await checkOne(paid, source, lists));
    }
  }
  await Promise.all(Array.from({ length: paid.left > 0 ? 1 : TOGETHER }, work));
  return outcomes;
}

async function checkOne(
  paid: PaidUnits,
  source: ImageSource,
  lists: readonly string[] | null,
): Promise<PictureOutcome> {
  const ctx = paid.contextOfNext();
  try {
    const check = await checkImage(ctx, { source, lists: { names: lists, match: null }, classify: "auto" });
    paid.use();
    return { check, failure: null, charged: check.quota.charged };
  } catch (failure) {
    if (failure instanceof ClientAborted) throw failure;
    return { check: null, failure, charged: 0 };
  }
}

function tooLate(): PictureOutcome {
  const failure = new AppError("overloaded", "Expected pictures that are checked in time but received more", {
    retryAfterSeconds: 2,
  });
  return { check: null, failure, charged: 0 };
}

/** What an earlier run of the same request has paid, whose answer was lost. */
interface PaidUnits {
  readonly left: number;
  /** The context to check the next picture in: one that is paid, or one that isn't. */
  contextOfNext(): RequestContext;
  /** A picture was checked. */
  use(): void;
}

/**
 * One check takes all that an earlier run has paid as its own; here each picture that costs a unit whatever it is takes one of
 * them. With a key only new pictures cost, and what an earlier run has paid for is new no more.
 */
function createPaidUnits(ctx: RequestContext): PaidUnits {
  const { idempotencyClaim: claim, actor } = ctx;
  if (claim === undefined || claim.chargedUnits === 0) {
    return { left: 0, contextOfNext: () => ctx, use: () => {} };
  }
  let left = actor.type === "anonymous" ? claim.chargedUnits : 0;
  return {
    get left() {
      return left;
    },
    contextOfNext() {
      const idempotencyClaim = { ...claim, chargedUnits: Math.min(left, 1) };
      return Object.assign(Object.create(ctx) as RequestContext, { idempotencyClaim });
    },
    use() {
      left = Math.max(0, left - 1);
    },
  };
}
