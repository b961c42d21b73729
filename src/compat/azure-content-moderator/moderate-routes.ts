import type { Context, Hono } from "hono";
import type { AppEnv } from "../../http/request-variables.ts";
import { checkImage } from "../../services/check-image.ts";
import type { AppContext } from "../../services/context.ts";
import { getMatchedEntries } from "../../services/get-matched-entries.ts";
import { ALL_LISTS, type AskedLists } from "../../services/look-up-gate.ts";
import { evaluated, matchesFound } from "./answers.ts";
import { requireImageList } from "./list-routes.ts";
import { readPicture } from "./read-picture.ts";
import { queryParameter } from "./tag-and-label.ts";

/** `/moderate/v1.0/ProcessImage`: Match and Evaluate. `CacheImage` is passed over: a repeat costs nothing anyway. */
export function registerChecks(
  app: AppContext,
  surface: Hono<AppEnv>,
  still: (c: Context<AppEnv>) => Promise<void>,
): void {
  surface.post("/moderate/v1.0/ProcessImage/Match", async (c) => {
    const source = await readPicture(c);
    await still(c);
    const ctx = c.get("ctx");
    const listId = queryParameter(c, "listId");
    const lists: AskedLists =
      listId === null || listId === ""
        ? ALL_LISTS
        : { names: [(await requireImageList(ctx, listId, "check")).name], match: null };
    const { matches } = await checkImage(ctx, { source, lists, classify: "never" });
    // An allow list among all lists wins, as everywhere.
    const banning = matches.some(({ listKind }) => listKind === "allow") ? [] : matches;
    return c.json(matchesFound(await getMatchedEntries(ctx, banning), ctx.requestId));
  });

  surface.post("/moderate/v1.0/ProcessImage/Evaluate", async (c) => {
    const source = await readPicture(c);
    await still(c);
    const ctx = c.get("ctx");
    const result = await checkImage(ctx, { source, lists: ALL_LISTS, classify: "auto" });
    return c.json(evaluated(ctx, result, app.workers.model));
  });
}
