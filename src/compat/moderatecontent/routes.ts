import { type Context, Hono } from "hono";
import { AppError } from "../../errors.ts";
import { isOpenForLong, type OpenRequest } from "../../http/middleware/request-context.ts";
import { type ReceivedBody, readImageBody } from "../../http/read-body.ts";
import type { AppEnv } from "../../http/request-variables.ts";
import { checkImage } from "../../services/check-image.ts";
import type { AppContext } from "../../services/context.ts";
import type { ImageSource } from "../../services/image-source.ts";
import { ALL_LISTS } from "../../services/look-up-gate.ts";
import { handleFailures } from "../handle-failures.ts";
import { answerFailure, answerRating } from "./answers.ts";
import { readParameters } from "./parameters.ts";

/** The second is the vendor's older one, which hosts of its time still ask (`www.moderatecontent.com/api/v2`). */
const PATHS = ["/moderate", "/moderate/", "/api/v2", "/api/v2/"];

/**
 * ModerateContent's `/moderate/`, by GET with `key` and `url`, and by POST with the same as a form, or a file; and what hosts
 * with a RATINGAPI setting send. HTTP 200 throughout: `error_code` tells failures. Those hosts have no key to send, so
 * without one the free quota is used; a key that isn't valid is refused.
 */
export function moderateContentRoutes(app: AppContext, open: OpenRequest): Hono<AppEnv> {
  const surface = new Hono<AppEnv>();

  async function identify(c: Context<AppEnv>, key: string | null | undefined): Promise<void> {
    await open(c, key ? { token: key } : null);
  }

  async function rate(c: Context<AppEnv>, source: ImageSource, asked: string): Promise<Response> {
    const result = await checkImage(c.get("ctx"), { source, lists: ALL_LISTS, classify: "auto" });
    return c.json(answerRating(asked, result, app.workers.model));
  }

  surface.on(["GET"], PATHS, async (c) => {
    const { key, url } = readParameters(c.req.url);
    await identify(c, key);
    return await rate(c, { url: url ?? missing() }, url ?? "");
  });

  surface.on(["POST"], PATHS, async (c) => {
    const { key, url } = readParameters(c.req.url);
    await identify(c, key);
    const body = await readImageBody(c, { imageFields: ["file", "image"], anyFile: true });
    if (body.fields.key !== undefined || isOpenForLong(c)) await identify(c, body.fields.key ?? key);
    if (body.image !== null) return await rate(c, body.image, body.image.filename ?? "");
    const asked = urlIn(body) ?? url ?? missing();
    return await rate(c, { url: asked }, asked);
  });

  for (const path of ["/moderate/*", "/api/v2", "/api/v2/"]) {
    surface.all(path, () => {
      throw new AppError("route_not_found", "Expected GET or POST and the path /moderate/");
    });
  }

  handleFailures(surface, app, (failure, c) => c.json(answerFailure(failure)));

  return surface;
}

function urlIn({ fields }: ReceivedBody): string | null {
  return fields.url ?? null;
}

function missing(): never {
  throw new AppError("image_missing", "Expected an image or a url but received neither", { field: "url" });
}
