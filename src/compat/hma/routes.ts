import { Hono } from "hono";
import { needsScope } from "../../http/middleware/needs-scope.ts";
import type { OpenRequest } from "../../http/middleware/request-context.ts";
import type { AppEnv } from "../../http/request-variables.ts";
import type { AppContext } from "../../services/context.ts";
import { handleFailures } from "../handle-failures.ts";
import { answerJson } from "./answer-json.ts";
import { addBankRoutes } from "./bank-routes.ts";
import { addContentRoutes } from "./content-routes.ts";
import { describeFailure } from "./errors.ts";
import { addFixedRoutes } from "./fixed-routes.ts";
import { addHashRoutes } from "./hash-routes.ts";
import { addMatchRoutes } from "./match-routes.ts";
import { createRouteTable, everyRoot } from "./route-table.ts";
import { addStatusRoutes } from "./status-routes.ts";
import { createStillAuthentic, identify } from "./still-authentic.ts";

/**
 * The API of Meta's Hasher-Matcher-Actioner 2 (facebook/ThreatExchange, hasher-matcher-actioner/src/OpenMediaMatch): hashing
 * `/h`, matching `/m` and curation `/c`. HMA itself asks for no key; here hashing and matching go without one, on the free
 * quota, and curation needs one with the scope `lists`.
 */
export function hmaRoutes(app: AppContext, open: OpenRequest): Hono<AppEnv> {
  const surface = new Hono<AppEnv>();
  const table = createRouteTable(surface);
  const stillAuthentic = createStillAuthentic(open);

  for (const path of ["/h/*", "/m/*", "/c/*"].flatMap(everyRoot)) {
    surface.use(path, async (c, next) => {
      await identify(c, open);
      await next();
    });
  }
  for (const path of everyRoot("/c/*")) surface.use(path, needsScope("lists"));

  addStatusRoutes(table, app);
  addHashRoutes(table, stillAuthentic);
  addMatchRoutes(table, stillAuthentic);
  addBankRoutes(table, stillAuthentic);
  addContentRoutes(table, stillAuthentic);
  addFixedRoutes(table);
  table.close();

  handleFailures(surface, app, (failure, c) => {
    const { status, body, headers } = describeFailure(failure);
    return answerJson(c, body, status, headers);
  });
  return surface;
}
