import { type EntryFilter, type EntryRow, pageEntries } from "../db/entries.ts";
import type { RequestContext } from "./context.ts";
import { entryNumber } from "./get-entry.ts";
import { getList } from "./get-list.ts";
import { publicId } from "./ids.ts";
import { cutPage, type Page } from "./page.ts";

/**
 * Entries of a list in the order they were added, those behind the entry `after`.
 * @throws AppError list_not_found, entry_not_found where `after` is no entry's id
 */
export async function listEntries(
  ctx: RequestContext,
  listName: string,
  filter: EntryFilter,
  after: string | null,
  limit: number,
): Promise<Page<EntryRow>> {
  const list = await getList(ctx, listName);
  const from = after === null ? 0n : entryNumber(after);
  const rows = await pageEntries(ctx.db, list.id, filter, from, limit + 1);
  return cutPage(rows, limit, (row) => publicId("entry", row.id));
}
