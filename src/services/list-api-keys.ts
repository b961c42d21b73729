import { type ApiKeyRow, pageKeys } from "../db/api-keys.ts";
import type { RequestContext } from "./context.ts";
import { cutPage, type Page } from "./page.ts";
import { requireScope } from "./require-scope.ts";

/** Keys in the order of their ids, revoked ones too, those behind `after`. */
export async function listApiKeys(ctx: RequestContext, after: string | null, limit: number): Promise<Page<ApiKeyRow>> {
  requireScope(ctx, "admin");
  return cutPage(await pageKeys(ctx.db, after ?? "", limit + 1), limit, (row) => row.id);
}
