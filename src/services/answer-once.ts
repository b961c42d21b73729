import { createCipheriv, createDecipheriv, createHash, randomBytes } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { claimIdempotencyKey, keepAnswer, releaseIdempotencyKey } from "../db/idempotent-requests.ts";
import { AppError } from "../errors.ts";
import type { RequestContext } from "./context.ts";

/** An HTTP answer as it is kept for repeating. */
export interface KeptAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

const LONGEST_WAIT_MS = 30_000;
const FIRST_LOOK_MS = 10;
const LONGEST_LOOK_MS = 250;
const IV_BYTES = 12;
const TAG_BYTES = 16;

/**
 * Runs a request under its Idempotency-Key: the first one runs, the same one again gets the first one's answer, also from
 * another process and after a restart. Answers that say "try again" (429, 503, faults of ours) are not kept.
 * @param requestDigest SHA-256 of what was asked (route, query and parsed body), hex
 * @throws AppError idempotency_key_reused for another request with the key; idempotency_in_progress where the first one
 * has not ended within 30 s
 */
export async function answerOnce(
  ctx: RequestContext,
  key: string,
  requestDigest: string,
  run: () => Promise<KeptAnswer>,
): Promise<{ answer: KeptAnswer; replayed: boolean }> {
  const caller = ctx.actor.type === "key" ? ctx.actor.id : `address ${ctx.actor.address}`;
  const giveUpAt = performance.now() + LONGEST_WAIT_MS;
  for (let pause = FIRST_LOOK_MS; ; pause = Math.min(pause * 2, LONGEST_LOOK_MS)) {
    const known = await claimIdempotencyKey(ctx.db, caller, key, requestDigest, ctx.requestId);
    if (known.state === "claimed") {
      return { answer: await runClaimed(ctx, caller, key, run), replayed: false };
    }
    if (known.requestDigest !== requestDigest) {
      throw new AppError(
        "idempotency_key_reused",
        "Expected the request this Idempotency-Key was first used with but received another one",
        { field: "Idempotency-Key" },
      );
    }
    if (known.state === "answered") {
      return { answer: open(sealingKey(ctx, key), known.answer, known.status), replayed: true };
    }
    if (performance.now() > giveUpAt) {
      throw new AppError("idempotency_in_progress", "The first request with this Idempotency-Key has not ended yet", {
        retryAfterSeconds: 5,
      });
    }
    await delay(pause);
  }
}

async function runClaimed(
  ctx: RequestContext,
  caller: string,
  key: string,
  run: () => Promise<KeptAnswer>,
): Promise<KeptAnswer> {
  let kept = false;
  try {
    const answer = await run();
    if (answer.status < 500 && answer.status !== 429) {
      await keepAnswer(ctx.db, caller, key, ctx.requestId, answer.status, seal(sealingKey(ctx, key), answer));
      kept = true;
    }
    return answer;
  } finally {
    if (!kept) {
      await releaseIdempotencyKey(ctx.db, caller, key, ctx.requestId).catch((error: unknown) => {
        ctx.logger.warn({ err: error, requestId: ctx.requestId }, "An idempotency key was not released; it lapses");
      });
    }
  }
}

/**
 * An answer may hold a new key's secret, so it is sealed with what only its caller can present. A caller without a key has
 * no secret and gets none to see; the Idempotency-Key itself serves.
 */
function sealingKey(ctx: RequestContext, key: string): Buffer {
  return ctx.actor.type === "key" ? ctx.actor.sealingKey : createHash("sha256").update(key).digest();
}

function seal(secret: Buffer, answer: KeptAnswer): Buffer {
  const iv = randomBytes(IV_BYTES);
  const cipher = createCipheriv("aes-256-gcm", secret, iv);
  const text = JSON.stringify({ headers: answer.headers, body: answer.body });
  const sealed = Buffer.concat([cipher.update(text, "utf8"), cipher.final()]);
  return Buffer.concat([iv, cipher.getAuthTag(), sealed]);
}

function open(secret: Buffer, sealed: Buffer, status: number): KeptAnswer {
  const decipher = createDecipheriv("aes-256-gcm", secret, sealed.subarray(0, IV_BYTES));
  decipher.setAuthTag(sealed.subarray(IV_BYTES, IV_BYTES + TAG_BYTES));
  const text = Buffer.concat([decipher.update(sealed.subarray(IV_BYTES + TAG_BYTES)), decipher.final()]);
  const { headers, body } = JSON.parse(text.toString("utf8")) as Omit<KeptAnswer, "status">;
  return { status, headers, body };
}
