import { findList } from "../db/lists.ts";
import type { AppContext } from "./context.ts";
import { noSuchList } from "./get-list.ts";

/** @throws AppError list_not_found */
export async function requireList(ctx: AppContext, name: string): Promise<void> {
  if ((await findList(ctx.db, name)) === null) noSuchList(name);
}
