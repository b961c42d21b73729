import { findList } from "../db/lists.ts";
import { findNamedLists, type NamedList } from "../db/named-lists.ts";
import { AppError } from "../errors.ts";
import type { AppContext } from "./context.ts";
import { noSuchList } from "./get-list.ts";

/** @throws AppError list_not_found */
export async function requireList(ctx: AppContext, name: string): Promise<void> {
  if ((await findList(ctx.db, name)) === null) noSuchList(name);
}

/** @throws AppError list_not_found naming the lists that don't exist */
export async function requireNamedLists(
  ctx: AppContext,
  names: readonly string[],
): Promise<ReadonlyMap<string, NamedList>> {
  const lists = await findNamedLists(ctx.db, names);
  const unknown = names.filter((name) => !lists.has(name));
  if (unknown.length === 0) return lists;
  throw new AppError(
    "list_not_found",
    `Expected names of existing lists for lists but received ${unknown.join(", ")}`,
    { field: "lists" },
  );
}
