import { createHash, randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import {
  claimIdempotencyKey,
  type IdempotencyClaim,
  type IdempotentRequest,
  keepAnswer,
  releaseIdempotencyKey,
} from "../db/idempotent-requests.ts";
import { AppError } from "../errors.ts";
import type { RequestContext } from "./context.ts";
import { undoAfter, undoNow } from "./leftovers.ts";
import { seal, unseal } from "./seal.ts";

/** An HTTP answer as it is kept for repeating. */
export interface KeptAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** An answer, and whether the same request is to get it again or may run anew. */
export interface RunOutcome {
  readonly answer: KeptAnswer;
  readonly keep: boolean;
}

/** Most requests end well within it; who waits for one of the others is told to ask again. */
const LONGEST_WAIT_MS = 30_000;
const FIRST_LOOK_MS = 10;
const LONGEST_LOOK_MS = 250;
const RELEASE = "the key of an idempotent request that did not run";

/**
 * Runs a request under its Idempotency-Key: the first one runs, the same one again gets the first one's answer, also from
 * another process and after a restart. Where `run` throws or its answer is not to be kept, the next one runs.
 * `run` gets the context to run in. What was charged is never charged again, also where its answer was lost with a process.
 * @param requestDigest SHA-256 of what was asked (route, query and parsed body), hex
 * @throws AppError idempotency_key_reused for another request with the key, or where the API key's secret was changed since;
 * idempotency_in_progress where the first one has not ended within 30 s
 */
export async function answerOnce(
  ctx: RequestContext,
  key: string,
  requestDigest: string,
  run: (ctx: RequestContext) => Promise<RunOutcome>,
): Promise<{ answer: KeptAnswer; replayed: boolean }> {
  // Not the request id, which the client may choose and repeat.
  const owner = randomUUID();
  const caller = ctx.actor.type === "key" ? ctx.actor.id : `address ${ctx.actor.address}`;
  const giveUpAt = performance.now() + LONGEST_WAIT_MS;
  for (let pause = FIRST_LOOK_MS; ; pause = Math.min(pause * 2, LONGEST_LOOK_MS)) {
    const known = await claim(ctx, { caller, key, owner }, requestDigest);
    if (known.state === "claimed") {
      return { answer: await runClaimed(ctx, known.claim, run), replayed: false };
    }
    if (known.requestDigest !== requestDigest) {
      throw new AppError(
        "idempotency_key_reused",
        "Expected the request this Idempotency-Key was first used with but received another one",
        { field: "Idempotency-Key" },
      );
    }
    if (known.state === "answered") {
      return { answer: openAnswer(sealingKey(ctx, key), known.answer, known.status), replayed: true };
    }
    if (performance.now() > giveUpAt) {
      throw new AppError("idempotency_in_progress", "The first request with this Idempotency-Key has not ended yet", {
        retryAfterSeconds: 5,
      });
    }
    await delay(pause);
  }
}

type Claimant = Pick<IdempotencyClaim, "caller" | "key" | "owner">;

/** Where the database doesn't answer the claim may stand all the same; nobody would ever run the request then. */
async function claim(
  ctx: RequestContext,
  { caller, key, owner }: Claimant,
  digest: string,
): Promise<IdempotentRequest> {
  try {
    return await claimIdempotencyKey(ctx.db, caller, key, digest, owner);
  } catch (error) {
    await undoAfter(ctx, error, RELEASE, () => releaseIdempotencyKey(ctx.db, caller, key, owner));
    throw error;
  }
}

async function runClaimed(
  ctx: RequestContext,
  claim: IdempotencyClaim,
  run: (ctx: RequestContext) => Promise<RunOutcome>,
): Promise<KeptAnswer> {
  const { caller, key, owner } = claim;
  const release = () => releaseIdempotencyKey(ctx.db, caller, key, owner);
  const own: Pick<RequestContext, "idempotencyClaim"> = { idempotencyClaim: claim };
  let outcome: RunOutcome;
  try {
    outcome = await run(Object.assign(Object.create(ctx) as RequestContext, own));
  } catch (error) {
    await undoAfter(ctx, error, RELEASE, release);
    throw error;
  }
  const { answer } = outcome;
  if (outcome.keep) await keep(ctx, claim, answer);
  else if (answer.status < 500) await undoNow(ctx, RELEASE, release);
  else ctx.leftovers.add(RELEASE, release);
  return answer;
}

/**
 * The request is done and charged, so a failure here neither hides its answer nor gives the key back: it is kept later.
 */
async function keep(ctx: RequestContext, { caller, key, owner }: Claimant, answer: KeptAnswer): Promise<void> {
  const sealed = sealAnswer(sealingKey(ctx, key), answer);
  const keeping = () => keepAnswer(ctx.db, caller, key, owner, answer.status, sealed);
  await keeping().catch((error: unknown) => {
    ctx.logger.warn({ err: error, requestId: ctx.requestId }, "An answer could not be kept yet");
    ctx.leftovers.add("the answer of an idempotent request", keeping);
  });
}

/**
 * An answer may hold a new key's secret, so it is sealed with what only its caller can present. A caller without a key has
 * no secret and gets none to see; the Idempotency-Key itself serves.
 */
function sealingKey(ctx: RequestContext, key: string): Buffer {
  return ctx.actor.type === "key" ? ctx.actor.sealingKey : createHash("sha256").update(key).digest();
}

function sealAnswer(key: Buffer, answer: KeptAnswer): Buffer {
  return seal(key, Buffer.from(JSON.stringify({ headers: answer.headers, body: answer.body })));
}

function openAnswer(key: Buffer, sealed: Buffer, status: number): KeptAnswer {
  const text = unseal(key, sealed);
  if (text === null) {
    throw new AppError(
      "idempotency_key_reused",
      "Expected an Idempotency-Key first used with this secret but received one whose answer is sealed with an earlier secret of this API key",
      { field: "Idempotency-Key" },
    );
  }
  const { headers, body } = JSON.parse(text.toString("utf8")) as Omit<KeptAnswer, "status">;
  return { status, headers, body };
}
