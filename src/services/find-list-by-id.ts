import { findListById as findRow, type ListRow } from "../db/lists.ts";
import { AppError } from "../errors.ts";
import type { RequestContext, Scope } from "./context.ts";
import { publicId } from "./ids.ts";
import { requireScope } from "./require-scope.ts";

/**
 * A list by its number, for those who don't know its name.
 * @param scope what the list is wanted for: `check` to match against it, `lists` to show or change it
 * @throws AppError list_not_found
 */
export async function findListById(ctx: RequestContext, id: bigint, scope: Scope): Promise<ListRow> {
  requireScope(ctx, scope);
  const row = await findRow(ctx.db, id);
  if (row !== null) return row;
  throw new AppError("list_not_found", `Expected the id of an existing list but received ${publicId("list", id)}`, {
    field: "id",
  });
}
