import { type ListRow, pageLists } from "../db/lists.ts";
import type { RequestContext } from "./context.ts";
import { cutPage, type Page } from "./page.ts";
import { requireScope } from "./require-scope.ts";

/** Lists in the order of their names, those behind `after`. */
export async function listLists(ctx: RequestContext, after: string | null, limit: number): Promise<Page<ListRow>> {
  requireScope(ctx, "lists");
  return cutPage(await pageLists(ctx.db, after ?? "", limit + 1), limit, (row) => row.name);
}
