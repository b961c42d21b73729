import type { AppContext } from "../../services/context.ts";
import { readReadiness } from "../../services/read-readiness.ts";
import { answerJson } from "./answer-json.ts";
import type { RouteTable } from "./route-table.ts";

/** What HMA's app.py answers to load balancers, in words of its own. */
const ALIVE = "I-AM-ALIVE";
const NOT_READY = "INDEX-NOT-LOADED";

/** `/status`, `/status/live` and `/site-map`, which need no key. */
export function addStatusRoutes(table: RouteTable, app: AppContext): void {
  table.add("GET", "/status", async (c) => {
    const { status } = await readReadiness(app);
    return status === "ready" ? c.text(ALIVE) : c.text(NOT_READY, 503);
  });
  table.add("GET", "/status/live", (c) => c.text(ALIVE));
  table.add("GET", "/site-map", (c) => answerJson(c, table.rules()));
}
