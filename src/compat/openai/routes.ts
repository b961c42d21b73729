import { type Context, Hono } from "hono";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import { AppError } from "../../errors.ts";
import { receiveBase64 } from "../../http/base64-image.ts";
import { isOpenForLong, type OpenRequest } from "../../http/middleware/request-context.ts";
import { readImageBody } from "../../http/read-body.ts";
import { readCredential } from "../../http/read-credential.ts";
import type { AppEnv } from "../../http/request-variables.ts";
import { checkImage } from "../../services/check-image.ts";
import { type AppContext, scorePolicy } from "../../services/context.ts";
import { type ImageSource, MAX_IMAGE_BYTES } from "../../services/image-source.ts";
import { ALL_LISTS } from "../../services/look-up-gate.ts";
import { handleFailures } from "../handle-failures.ts";
import { moderation } from "./answers.ts";
import { describeFailure, InvalidRequest } from "./errors.ts";
import { readModeration } from "./read-request.ts";

const PATHS = ["/v1/moderations", "/v1/moderations/*"];

/** A data URL of the largest image, and some text beside it. */
const MAX_JSON_BYTES = Math.ceil(MAX_IMAGE_BYTES / 3) * 4 + 256 * 1024;

/** OpenAI's moderations, as its reference and its client (npm openai, resources/moderations) have them. */
export function openAiRoutes(app: AppContext, open: OpenRequest): Hono<AppEnv> {
  const surface = new Hono<AppEnv>();

  async function identify(c: Context<AppEnv>): Promise<void> {
    const credential = readCredential(c.req.header("authorization"));
    if (credential === null) throw new AppError("credentials_missing", "Expected an API key but received none");
    await open(c, credential);
  }

  for (const path of PATHS) {
    surface.use(path, async (c, next) => {
      await identify(c);
      await next();
    });
  }

  surface.post("/v1/moderations", async (c) => {
    requireJson(c.req.header("content-type") ?? "");
    const body = await readImageBody(c, { maxTextBytes: MAX_JSON_BYTES });
    if (isOpenForLong(c)) await identify(c);
    const asked = readModeration(body.json);
    const ctx = c.get("ctx");
    const result = await checkImage(ctx, { source: sourceOf(asked.url), lists: ALL_LISTS, classify: "auto" });
    return c.json(moderation(result, asked, app.workers.model, scorePolicy(ctx).block));
  });

  surface.all("/v1/moderations", (c) => {
    const { method } = c.req;
    throw new AppError("method_not_allowed", `Expected POST for /v1/moderations but received ${method.slice(0, 20)}`);
  });
  surface.all("/v1/moderations/*", (c) => {
    const { method, path } = c.req;
    throw new AppError("route_not_found", `Invalid URL (${method.slice(0, 20)} ${path.slice(0, 200)})`);
  });

  handleFailures(surface, app, (failure, c) => {
    const { status, body, headers } = describeFailure(failure);
    return c.json(body, status as ContentfulStatusCode, headers);
  });

  return surface;
}

function requireJson(contentType: string): void {
  if (/^application\/json\s*(?:;|$)/i.test(contentType)) return;
  const received = contentType === "" ? "none" : JSON.stringify(contentType.slice(0, 80));
  throw new AppError(
    "content_type_unsupported",
    `Expected the content type application/json for body but received ${received}`,
  );
}

function sourceOf(url: string): ImageSource {
  if (!/^data:/i.test(url)) return { url };
  try {
    return receiveBase64(url, "image_url.url", MAX_IMAGE_BYTES);
  } catch (error) {
    const isUnread = error instanceof AppError && (error.code === "image_unreadable" || error.code === "image_empty");
    throw isUnread ? new InvalidRequest("invalid_data_url", error.message, "input") : error;
  }
}
