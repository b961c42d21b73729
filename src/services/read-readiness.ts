import type { HotFacts } from "../db/hot-memory.ts";
import type { AppContext } from "./context.ts";

type Part = "ready" | "not_ready";

/** Whether requests can be answered now, and which part is in the way where they can't. */
export interface Readiness {
  readonly status: Part;
  readonly database: Part;
  readonly workers: Part;
  /** Not needed to be ready: the database answers for rows that are not in memory. */
  readonly hotIndex: HotFacts;
}

export async function readReadiness(ctx: AppContext): Promise<Readiness> {
  const database = (await ctx.db.ping()) ? "ready" : "not_ready";
  const workers = ctx.workers.stats().ready > 0 ? "ready" : "not_ready";
  return {
    status: database === "ready" && workers === "ready" ? "ready" : "not_ready",
    database,
    workers,
    hotIndex: ctx.hotMemory.facts(),
  };
}
