import type { Context } from "hono";
import type { AppEnv } from "../../http/request-variables.ts";
import { fetchCaller } from "../../services/fetch-shares.ts";
import { readOwnUsage } from "../../services/read-own-usage.ts";
import type { Concurrency } from "./concurrency.ts";
import type { ConcurrencyFigures } from "./present-usage.ts";
import { figureUsage, type UsageFigures } from "./usage.ts";

/** The figures of the key that asks. */
export async function readFigures(
  c: Context<AppEnv>,
  counted: Concurrency,
): Promise<{ readonly figures: UsageFigures; readonly concurrency: ConcurrencyFigures }> {
  const ctx = c.get("ctx");
  const figures = figureUsage(await readOwnUsage(ctx), new Date());
  return { figures, concurrency: { max: ctx.config.maxRequests, now: counted.now(fetchCaller(ctx)) } };
}
