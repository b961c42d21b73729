import { insertList, type ListFields, type ListRow } from "../db/lists.ts";
import { AppError } from "../errors.ts";
import type { RequestContext } from "./context.ts";
import { requireScope } from "./require-scope.ts";

/** @throws AppError list_exists */
export async function createList(ctx: RequestContext, name: string, fields: ListFields): Promise<ListRow> {
  const actor = requireScope(ctx, "lists");
  const row = await insertList(ctx.db, name, fields, {
    actor: actor.id,
    action: "list.create",
    subject: name,
    details: fields,
  });
  if (row !== null) return row;
  throw new AppError("list_exists", `Expected the name of no existing list but received ${name}`, { field: "name" });
}
