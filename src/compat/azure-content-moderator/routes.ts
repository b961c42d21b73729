import { type Context, Hono } from "hono";
import { AppError } from "../../errors.ts";
import { isOpenForLong, type OpenRequest } from "../../http/middleware/request-context.ts";
import type { AppEnv } from "../../http/request-variables.ts";
import type { AppContext } from "../../services/context.ts";
import { handleFailures } from "../handle-failures.ts";
import { answer, describeFailure, failure } from "./errors.ts";
import { registerListImages } from "./image-routes.ts";
import { registerImageLists } from "./list-routes.ts";
import { registerChecks } from "./moderate-routes.ts";

/** An endpoint that ends with a slash makes two of it. */
const ROOTS = ["/contentmoderator", "//contentmoderator"];

/** What the vendor has besides; said so, lest a client look for a mistake of its own. */
const OTHERS = [
  "/moderate/v1.0/ProcessImage/FindFaces",
  "/moderate/v1.0/ProcessImage/OCR",
  "/moderate/v1.0/ProcessText/*",
  "/lists/v1.0/termlists",
  "/lists/v1.0/termlists/*",
  "/review/*",
];

/** Azure Content Moderator 1.0, as its client has it (npm @azure/cognitiveservices-contentmoderator). */
export function azureContentModeratorRoutes(app: AppContext, open: OpenRequest): Hono<AppEnv> {
  const surface = new Hono<AppEnv>();

  async function identify(c: Context<AppEnv>): Promise<void> {
    const token = c.req.header("Ocp-Apim-Subscription-Key");
    if (token === undefined || token === "") {
      throw new AppError("credentials_missing", "Expected an API key for Ocp-Apim-Subscription-Key but received none");
    }
    await open(c, { token });
  }
  /** Who sends a body slowly would otherwise go on with a key that was revoked meanwhile. */
  async function still(c: Context<AppEnv>): Promise<void> {
    if (isOpenForLong(c)) await identify(c);
  }

  surface.use("*", async (c, next) => {
    await identify(c);
    await next();
  });
  registerImageLists(surface, still);
  registerListImages(surface, still);
  registerChecks(app, surface, still);
  for (const path of OTHERS) {
    surface.all(path, (c) => {
      const message =
        "Expected the image lists, ProcessImage/Match or ProcessImage/Evaluate: nothing else is served here";
      return answer(c, failure(501, "Not Implemented", message, c.get("requestId")));
    });
  }
  surface.all("*", () => {
    throw new AppError("route_not_found", "Expected the path of a route");
  });
  handleFailures(surface, app, (error, c) => answer(c, describeFailure(error, c.get("requestId"))));

  const mounted = new Hono<AppEnv>();
  for (const root of ROOTS) mounted.route(root, surface);
  return mounted;
}
