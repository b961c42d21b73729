import { type Context, Hono } from "hono";
import { AppError } from "../../errors.ts";
import { discardBody } from "../../http/discard-body.ts";
import { releasesBody } from "../../http/middleware/release-body.ts";
import type { OpenRequest } from "../../http/middleware/request-context.ts";
import { setAnswerHeader } from "../../http/middleware/set-answer-header.ts";
import type { AppEnv } from "../../http/request-variables.ts";
import { retryAfterSeconds } from "../../http/retry-after.ts";
import type { AppContext } from "../../services/context.ts";
import { handleFailures } from "../handle-failures.ts";
import { chargedOperations } from "./charged-operations.ts";
import { handleCheck } from "./check.ts";
import { crossOrigin } from "./cross-origin.ts";
import { failureBody, failureStatus } from "./failures.ts";
import { handleFeedback } from "./feedback.ts";
import { refuseUnsupported } from "./unsupported.ts";
import { handleWorkflow } from "./workflow.ts";

/** The vendor's node client asks `//1.0/video/...`. */
const PREFIXES = ["/1.0", "//1.0"] as const;
const METHODS = ["GET", "POST"];

/** The API of Sightengine 1.0, as far as it is about images; the rest is refused in its words. */
export function sightengineRoutes(app: AppContext, open: OpenRequest): Hono<AppEnv> {
  const surface = new Hono<AppEnv>();

  for (const prefix of PREFIXES) {
    surface.use(`${prefix}/*`, crossOrigin(), releasesBody());
    surface.on(METHODS, `${prefix}/check.json`, (c) => handleCheck(c, open));
    surface.on(METHODS, `${prefix}/check-workflow.json`, (c) => handleWorkflow(c, open));
    surface.on(METHODS, `${prefix}/feedback.json`, (c) => handleFeedback(c, open));
    surface.all(`${prefix}/video/*`, (c) => refuseUnsupported(c, open, "Video moderation"));
    surface.all(`${prefix}/upload/create-video.json`, (c) => refuseUnsupported(c, open, "Video moderation"));
    surface.all(`${prefix}/text/*`, (c) => refuseUnsupported(c, open, "Text moderation"));
    // Clients before version 1.3 ask a single model by its own path.
    surface.on(METHODS, `${prefix}/:file{[^/]+\\.json}`, (c) => handleCheck(c, open, modelOf(c)));
    surface.all(`${prefix}/:file{[^/]+\\.json}`, refuseMethod);
    surface.all(`${prefix}/*`, () => {
      throw new AppError("route_not_found", "Expected the path of an endpoint but received another");
    });
  }

  handleFailures(surface, app, async (failure, c) => {
    await discardBody(c);
    const retryAfter = retryAfterSeconds(failure, failureStatus(failure));
    if (retryAfter !== undefined) setAnswerHeader(c, "Retry-After", String(retryAfter));
    const body = failureBody(failure, c.get("requestId"), chargedOperations(c.req.raw));
    return Response.json(body, { status: failureStatus(failure) });
  });

  return surface;
}

/** `/1.0/nudity.json` -> `nudity`. */
function modelOf(c: Context<AppEnv>): string {
  return (c.req.param("file") ?? "").replace(/\.json$/, "");
}

function refuseMethod(c: Context<AppEnv>): never {
  setAnswerHeader(c, "Allow", "GET, POST, OPTIONS");
  throw new AppError("method_not_allowed", `Expected GET or POST but received ${c.req.method.slice(0, 20)}`);
}
