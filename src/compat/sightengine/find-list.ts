import { AppError } from "../../errors.ts";
import { listName } from "../../http/schemas/list.ts";
import type { AppContext } from "../../services/context.ts";
import { requireNamedLists } from "../../services/require-list.ts";

/**
 * The name of the list that an id of the vendor's form means: the list called so, else the one called so without `ili_`. The
 * vendor's ids have capitals and our names don't, so the list for `ili_aB3` is `ili_ab3` or `ab3`.
 * @param parameter the one that the id came in
 * @throws AppError list_not_found
 */
export async function findListById(ctx: AppContext, id: string, parameter: string): Promise<string> {
  const name = id.trim().toLowerCase();
  for (const candidate of [name, name.replace(/^ili_/, "")]) {
    if (listName.safeParse(candidate).success && (await holdsPictures(ctx, candidate))) return candidate;
  }
  const received = id.length > 80 ? `text of ${id.length} characters` : JSON.stringify(id);
  throw new AppError(
    "list_not_found",
    `Expected the id of an existing list for ${parameter} but received ${received}`,
    {
      field: parameter,
    },
  );
}

/** False also for a list of names: the vendor's lists hold pictures. */
async function holdsPictures(ctx: AppContext, name: string): Promise<boolean> {
  try {
    const lists = await requireNamedLists(ctx, [name]);
    return lists.get(name)?.kind !== "names";
  } catch (error) {
    if (error instanceof AppError && error.code === "list_not_found") return false;
    throw error;
  }
}
