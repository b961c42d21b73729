import { type Context, Hono } from "hono";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import { AppError } from "../../errors.ts";
import { discardBody } from "../../http/discard-body.ts";
import { isOpenForLong, type OpenRequest } from "../../http/middleware/request-context.ts";
import { readImageBody, requireImage } from "../../http/read-body.ts";
import { readCredential } from "../../http/read-credential.ts";
import type { AppEnv } from "../../http/request-variables.ts";
import { retryAfterHeader } from "../../http/retry-after.ts";
import { checkImage } from "../../services/check-image.ts";
import type { AppContext } from "../../services/context.ts";
import { ALL_LISTS } from "../../services/look-up-gate.ts";
import { requireScopeOfKey } from "../../services/require-scope.ts";
import { handleFailures } from "../handle-failures.ts";
import { answerChecked, answerFailure, type PictRsAnswer, VIDEO_ACCEPTED } from "./answers.ts";
import { readPolicy } from "./policy.ts";

/** Ours, and those of pictrs-safety, whose id tells instances apart and nothing to us. */
const PATHS = ["/pict-rs/validate", "/api/v1/scan", "/api/v1/scan/:id"];

/**
 * The endpoint that pict-rs asks before it keeps an upload (`PICTRS__MEDIA__EXTERNAL_VALIDATION`): the file as the body,
 * its media type in Content-Type, and 2xx for yes (releases/0.4.3.md of pict-rs). All that an instance can set is the URL, so
 * that carries the key (`?key=`, or a key's id and secret before the host) and the policy.
 */
export function pictRsRoutes(app: AppContext, open: OpenRequest): Hono<AppEnv> {
  const surface = new Hono<AppEnv>();

  async function identify(c: Context<AppEnv>): Promise<void> {
    const token = c.req.query("key");
    const fromUrl = token === undefined || token === "" ? null : { token };
    await open(c, readCredential(c.req.header("authorization")) ?? fromUrl);
    requireScopeOfKey(c.get("ctx"), "check");
  }

  surface.on(["POST"], PATHS, async (c) => {
    await identify(c);
    const policy = readPolicy(queryOf(c));
    if (/^video\//i.test(c.req.header("content-type") ?? ""))
      return await answer(c, answerVideo(policy.acceptsUnsupported));
    const image = requireImage(await readImageBody(c, { imageFields: ["file"], rawOfAnyType: true }));
    if (isOpenForLong(c)) await identify(c);
    const result = await checkImage(c.get("ctx"), { source: image, lists: ALL_LISTS, classify: "auto" });
    return await answer(c, answerChecked(result, policy));
  });

  surface.on(["GET", "PUT", "PATCH", "DELETE"], PATHS, (c) => {
    throw new AppError("method_not_allowed", `Expected POST but received ${c.req.method}`);
  });
  for (const path of ["/pict-rs/*", "/api/v1/scan/*", "/api/v1/pop"]) {
    surface.all(path, () => {
      throw new AppError("route_not_found", "Expected the path /pict-rs/validate");
    });
  }

  handleFailures(surface, app, (failure, c) => {
    const told = answerFailure(failure, queryOf(c));
    return answer(c, told, told.status === 200 ? {} : retryAfterHeader(failure, told.status));
  });

  return surface;
}

function answerVideo(isAccepted: boolean): PictRsAnswer {
  if (isAccepted) return VIDEO_ACCEPTED;
  throw new AppError("image_format_unsupported", "Expected an image but received a video, which can't be checked");
}

function queryOf(c: Context<AppEnv>): URLSearchParams {
  return new URL(c.req.url).searchParams;
}

/** pict-rs takes a connection that ends before it has sent the whole file for a failure of the upload. */
async function answer(
  c: Context<AppEnv>,
  { status, body }: PictRsAnswer,
  headers: Readonly<Record<string, string>> = {},
): Promise<Response> {
  await discardBody(c);
  return c.json(body, status as ContentfulStatusCode, headers);
}
