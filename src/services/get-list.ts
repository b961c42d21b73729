import { findList, type ListRow } from "../db/lists.ts";
import { AppError } from "../errors.ts";
import type { RequestContext } from "./context.ts";
import { requireScope } from "./require-scope.ts";

export type { ListRow };

/** @throws AppError list_not_found */
export async function getList(ctx: RequestContext, name: string): Promise<ListRow> {
  requireScope(ctx, "lists");
  return (await findList(ctx.db, name)) ?? noSuchList(name);
}

/** @throws AppError list_not_found */
export function noSuchList(name: string): never {
  throw new AppError("list_not_found", `Expected the name of an existing list but received ${name}`, { field: "name" });
}
