import { type Context, Hono } from "hono";
import { AppError } from "../../errors.ts";
import { isOpenForLong, type OpenRequest } from "../../http/middleware/request-context.ts";
import { readImageBody, requireImage } from "../../http/read-body.ts";
import type { AppEnv } from "../../http/request-variables.ts";
import { urlParameter } from "../../http/url-parameter.ts";
import { checkImage } from "../../services/check-image.ts";
import type { AppContext } from "../../services/context.ts";
import type { ImageSource } from "../../services/image-source.ts";
import { isImageInWork } from "../../services/is-image-in-work.ts";
import { ALL_LISTS } from "../../services/look-up-gate.ts";
import { lookUpHashes } from "../../services/look-up-hashes.ts";
import { handleFailures } from "../handle-failures.ts";
import { answerError, answerOk, answerOldOk, answerPending, UNKNOWN_HASH } from "./answers.ts";

/** Other vendors' calls: those below the first, and the second. */
const NOT_OURS = /^\/api\/(?:v1(?:\/|$)|v2\/?$)/;

/**
 * The API of nsfw-categorize.it: `/api/upload` and `/api/hash/<sha1>`, as its public page describes them, and the older
 * `/api.php?url=` that bots still call. HTTP 200 throughout; `status` tells OK, ERR, NOQUOTA and PENDING apart. Without a
 * valid NSFWKEY the free quota is used.
 */
export function nsfwCategorizeRoutes(app: AppContext, open: OpenRequest): Hono<AppEnv> {
  const surface = new Hono<AppEnv>();

  async function identify(c: Context<AppEnv>): Promise<void> {
    const token = c.req.header("NSFWKEY");
    try {
      await open(c, token === undefined || token === "" ? null : { token });
    } catch (error) {
      if (!(error instanceof AppError) || error.code !== "credentials_invalid") throw error;
      await open(c, null);
    }
  }

  for (const path of ["/api/upload", "/api/hash/*", "/api.php"]) {
    surface.use(path, async (c, next) => {
      await identify(c);
      await next();
    });
  }

  surface.on(["GET", "POST"], "/api/upload", async (c) => {
    let source: ImageSource | null = null;
    if (c.req.method === "POST") {
      const body = await readImageBody(c);
      if (isOpenForLong(c)) await identify(c);
      source = body.image ?? (body.fields.url === undefined ? null : { url: body.fields.url });
      if (source === null && urlParameter(c.req.url) === null) requireImage(body);
    }
    const url = urlParameter(c.req.url);
    source ??= url === null ? null : { url };
    if (source === null) throw new AppError("image_missing", "Expected an image or a url but received neither");
    const result = await checkImage(c.get("ctx"), { source, lists: ALL_LISTS, classify: "auto" });
    return c.json(answerOk(result.fingerprint.sha1, result, app.workers.model));
  });

  surface.get("/api/hash/:sha1", async (c) => {
    const sha1 = c.req.param("sha1").toLowerCase();
    if (!/^[0-9a-f]{40}$/.test(sha1)) throw new AppError("hash_malformed", "Expected 40 hex digits for the hash");
    const { answers, quota } = await lookUpHashes(c.get("ctx"), [{ kind: "sha1", value: sha1 }], ALL_LISTS);
    const [answer] = answers;
    if (answer !== undefined && answer.classification !== null) {
      return c.json(answerOk(sha1, { ...answer, quota }, app.workers.model));
    }
    return c.json((await isImageInWork(c.get("ctx"), sha1)) ? answerPending(sha1) : UNKNOWN_HASH);
  });

  surface.get("/api.php", async (c) => {
    const url = urlParameter(c.req.url);
    if (url === null) throw new AppError("image_missing", "Expected a url but received none");
    const result = await checkImage(c.get("ctx"), { source: { url }, lists: ALL_LISTS, classify: "auto" });
    return c.json(answerOldOk(result.fingerprint.sha1, result, app.workers.model));
  });

  for (const path of ["/api/upload", "/api.php"]) {
    surface.all(path, () => {
      throw new AppError("image_missing", "Expected GET or POST for an upload but received another method");
    });
  }
  surface.all("/api/hash/*", () => {
    throw new AppError("hash_malformed", "Expected GET and 40 hex digits for the hash but received none");
  });

  surface.all("/api/*", async (c, next) => {
    if (!NOT_OURS.test(c.req.path)) throw new AppError("route_not_found", "Expected the path of a call");
    await next();
  });

  handleFailures(surface, app, (failure, c) => c.json(answerError(failure, c.get("ctx")?.actor.type === "key")));

  return surface;
}
