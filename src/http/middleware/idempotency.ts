import { createHash } from "node:crypto";
import type { Context, MiddlewareHandler } from "hono";
import { AppError, ERRORS } from "../../errors.ts";
import { answerOnce, type KeptAnswer } from "../../services/answer-once.ts";
import { readImageBody } from "../read-body.ts";
import type { AppEnv } from "../request-variables.ts";

const HEADER = "Idempotency-Key";
const ACCEPTABLE = /^[\x21-\x7e]{1,255}$/;
/** Headers of an answer that belong to it and not to one delivery of it. */
const KEPT_HEADERS = ["content-type", "location"];
/** Of an answer's body, in UTF-16 units, above which a caller without a key has it kept only where it was paid for. */
const MOST_KEPT_FOR_FREE = 16_384;

/**
 * Every POST with an Idempotency-Key runs once: the same request again gets the first one's answer, marked
 * `Idempotent-Replayed: true`, and is charged nothing (draft-ietf-httpapi-idempotency-key-header).
 */
export function idempotency(): MiddlewareHandler<AppEnv> {
  return async (c, next) => {
    const key = c.req.header(HEADER);
    if (c.req.method !== "POST" || key === undefined) return next();
    if (!ACCEPTABLE.test(key)) {
      throw new AppError(
        "parameter_invalid",
        `Expected 1 to 255 visible ASCII characters for ${HEADER} but received ${key.length} characters`,
        { field: HEADER },
      );
    }
    const digest = await requestDigest(c);
    const ctx = c.get("ctx");
    const { answer, replayed } = await answerOnce(ctx, key, digest, async (claimed) => {
      c.set("ctx", claimed);
      await next();
      const answer = await keepable(c.res);
      const keep =
        c.get("isProvisional") !== true &&
        !saysTryAgain(answer) &&
        !(ctx.actor.type === "anonymous" && isLargeAndFree(answer));
      return { answer, keep };
    });
    if (!replayed) return;
    return new Response(answer.body, {
      status: answer.status,
      headers: { ...answer.headers, "Idempotent-Replayed": "true" },
    });
  };
}

/** What was asked: route, query and content; not the boundary of a form or the order of its fields. */
async function requestDigest(c: Context<AppEnv>): Promise<string> {
  const body = await readImageBody(c);
  const url = new URL(c.req.url);
  const hash = createHash("sha256");
  hash.update(JSON.stringify([c.req.method, url.pathname, url.search, body.kind, body.digest]));
  return hash.digest("hex");
}

async function keepable(response: Response): Promise<KeptAnswer> {
  const headers = KEPT_HEADERS.flatMap((name) => {
    const value = response.headers.get(name);
    return value === null ? [] : [[name, value]];
  });
  return { status: response.status, headers: Object.fromEntries(headers), body: await response.clone().text() };
}

/** True for 429, faults of ours, and problems whose code the catalogue calls retryable. */
function saysTryAgain({ status, headers, body }: KeptAnswer): boolean {
  if (status === 429 || status >= 500) return true;
  if (headers["content-type"] !== "application/problem+json") return false;
  const { code } = JSON.parse(body) as { code: string };
  return Object.entries(ERRORS).some(([known, { retryable }]) => known === code && retryable);
}

/** True for a long answer that does not say it was charged: a look-up, which may run again as well as be repeated. */
function isLargeAndFree({ body }: KeptAnswer): boolean {
  if (body.length <= MOST_KEPT_FOR_FREE) return false;
  const { quota } = JSON.parse(body) as { quota?: { charged?: number } };
  return quota?.charged === undefined || quota.charged === 0;
}
