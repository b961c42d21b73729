import type { Database } from "./client.ts";
import type { ListRow } from "./lists.ts";

export interface NamedList {
  readonly id: bigint;
  readonly kind: ListRow["kind"];
  /** Whether its entries are matched by the neural hash too, where a request doesn't say. */
  readonly match: "fast" | "robust";
}

/** The lists of these names, enabled or not; names that are no list are left out. */
export async function findNamedLists(db: Database, names: readonly string[]): Promise<Map<string, NamedList>> {
  const { rows } = await db.pool.query<{ name: string; id: string } & Omit<NamedList, "id">>({
    name: "find_named_lists",
    text: "select name, id, kind, match from list where deleted_at is null and name = any ($1::text[])",
    values: [names],
  });
  return new Map(rows.map(({ name, id, kind, match }) => [name, { id: BigInt(id), kind, match }]));
}
