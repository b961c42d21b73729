import { pageWorkflows } from "../db/workflows.ts";
import type { RequestContext } from "./context.ts";
import { type Workflow, withFaults } from "./get-workflow.ts";
import { cutPage, type Page } from "./page.ts";
import { requireScope } from "./require-scope.ts";

/** Workflows in the order of their ids, those behind `after`. */
export async function listWorkflows(ctx: RequestContext, after: string | null, limit: number): Promise<Page<Workflow>> {
  requireScope(ctx, "admin");
  const { rows, next } = cutPage(await pageWorkflows(ctx.db, after ?? "", limit + 1), limit, (row) => row.id);
  return { rows: await withFaults(ctx, rows), next };
}
