import { createHash } from "node:crypto";
import type { Context, MiddlewareHandler } from "hono";
import { AppError } from "../../errors.ts";
import { answerOnce, type KeptAnswer } from "../../services/answer-once.ts";
import { readImageBody } from "../read-body.ts";
import type { AppEnv } from "../request-variables.ts";

const HEADER = "Idempotency-Key";
const ACCEPTABLE = /^[\x21-\x7e]{1,255}$/;
/** Headers of an answer that belong to it and not to one delivery of it. */
const KEPT_HEADERS = ["content-type", "location"];

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
    const { answer, replayed } = await answerOnce(c.get("ctx"), key, digest, async () => {
      await next();
      return await keepable(c.res);
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
