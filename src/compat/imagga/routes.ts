import { Hono } from "hono";
import type { OpenRequest } from "../../http/middleware/request-context.ts";
import type { AppEnv } from "../../http/request-variables.ts";
import type { AppContext } from "../../services/context.ts";
import { fetchCaller } from "../../services/fetch-shares.ts";
import { handleFailures } from "../handle-failures.ts";
import { countConcurrency } from "./concurrency.ts";
import { identify } from "./credentials.ts";
import { crossOrigin } from "./cross-origin.ts";
import { answerFailure } from "./failures.ts";
import { OWN_PATTERNS } from "./own-paths.ts";
import { serveRefusals } from "./unserved.ts";
import { serveV1 } from "./v1-routes.ts";
import { serveV2 } from "./v2-routes.ts";

/**
 * The API of imagga.com as far as it concerns adult content, v2 and v1, as its pages and change log describe them. Every
 * request but a browser's preflight needs a key, which is asked for before anything else is looked at.
 */
export function imaggaRoutes(app: AppContext, open: OpenRequest): Hono<AppEnv> {
  const surface = new Hono<AppEnv>();
  const concurrency = countConcurrency();
  for (const pattern of OWN_PATTERNS) {
    surface.use(pattern, crossOrigin(), async (c, next) => {
      await identify(c, open);
      await concurrency.during(fetchCaller(c.get("ctx")), next);
    });
  }
  serveV2(surface, app, open, concurrency);
  serveV1(surface, app, open, concurrency);
  serveRefusals(surface);
  handleFailures(surface, app, (failure, c) => answerFailure(c, failure));
  return surface;
}
