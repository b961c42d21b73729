import type { RequestContext } from "./context.ts";
import { updateEntry } from "./update-entry.ts";

/**
 * Lifts a ban: the entry stays for the record and matches no more. Lifting it again leaves it lifted.
 * @throws AppError list_not_found, entry_not_found
 */
export async function liftBan(ctx: RequestContext, listName: string, entryId: string): Promise<void> {
  await updateEntry(ctx, listName, entryId, { enabled: false });
}
