import { type Context, Hono } from "hono";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import { AppError, ERRORS } from "../../errors.ts";
import type { OpenRequest } from "../../http/middleware/request-context.ts";
import { readCredential } from "../../http/read-credential.ts";
import type { AppEnv } from "../../http/request-variables.ts";
import { retryAfterHeader } from "../../http/retry-after.ts";
import { checkImage } from "../../services/check-image.ts";
import type { AppContext } from "../../services/context.ts";
import { ALL_LISTS } from "../../services/look-up-gate.ts";
import { handleFailures } from "../handle-failures.ts";
import { answerFailure, answerScore } from "./answers.ts";
import { mediaUrl } from "./media-url.ts";

/** A key of this service's own form, which the log knows to leave out; one that an operator fixed doesn't belong in a path. */
const KEYED = "/pleroma/:key{lk_[0-9A-Za-z_]+}";

/**
 * What Pleroma's NsfwApiPolicy asks: `GET /?url=`, and the same below `/pleroma/<key>/`, since all that the policy keeps of
 * its `url` setting is host and path (lib/pleroma/web/activity_pub/mrf/nsfw_api_policy.ex). `/` without a url is left to
 * others.
 */
export function pleromaRoutes(app: AppContext, open: OpenRequest): Hono<AppEnv> {
  const surface = new Hono<AppEnv>();

  async function score(c: Context<AppEnv>, url: string): Promise<Response> {
    const result = await checkImage(c.get("ctx"), { source: { url }, lists: ALL_LISTS, classify: "auto" });
    return c.json(answerScore(url, result, app.workers.model));
  }

  // Not a route of its own: without a url `/` is answered as if there were none of this surface's.
  surface.use("/", async (c, next) => {
    const url = c.req.method === "GET" ? mediaUrl(c.req.url) : null;
    if (url === null) return await next();
    await open(c, readCredential(c.req.header("authorization")));
    return await score(c, url);
  });

  for (const path of [KEYED, `${KEYED}/`]) {
    surface.get(path, async (c) => {
      await open(c, { token: c.req.param("key") ?? "" });
      const url = mediaUrl(c.req.url);
      if (url === null) throw new AppError("parameter_invalid", "Expected a url but received none", { field: "url" });
      return await score(c, url);
    });
  }

  for (const path of ["/pleroma/*", "/batch-classify"]) {
    surface.all(path, () => {
      throw new AppError("route_not_found", "Expected GET and the path /pleroma/<key>/");
    });
  }

  handleFailures(surface, app, (failure, c) => {
    const status = ERRORS[failure.code].status as ContentfulStatusCode;
    return c.json(answerFailure(failure), status, retryAfterHeader(failure, status));
  });

  return surface;
}
