import type pg from "pg";
import type { PerceptualKind } from "../../src/fingerprint/fingerprint.ts";

/** Whose fingerprints the rows are taken for. */
export type Role = "entry" | "image";

/**
 * Lets the searches of list entries and of seen images both find the same rows, which are stored once: tables, columns,
 * keys and indexes change names. The rows start as entries' ones.
 */
export function tableRoles(client: pg.Client, kind: PerceptualKind): { use(role: Role): Promise<void> } {
  let current: Role = "entry";
  return {
    async use(role) {
      if (role === current) return;
      await client.query("begin");
      await rename(client, kind, role, "spare");
      await rename(client, kind, current, role);
      await rename(client, kind, "spare", current);
      await client.query("commit");
      current = role;
    },
  };
}

async function rename(
  client: pg.Client,
  kind: PerceptualKind,
  from: Role | "spare",
  to: Role | "spare",
): Promise<void> {
  const { rows } = await client.query<{ name: string }>(
    "select indexname as name from pg_indexes where tablename = $1",
    [`${from}_${kind}`],
  );
  for (const { name } of rows) await client.query(`alter index ${name} rename to ${name.replace(from, to)}`);
  await client.query(`alter table ${from}_${kind} rename column ${from}_id to ${to}_id`);
  await client.query(`alter table ${from}_${kind} rename to ${to}_${kind}`);
}
