import { execFile } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { promisify } from "node:util";
import type pg from "pg";

const PROGRAMS = "/usr/lib/postgresql";

/** The text of every row of every table in every schema, the system's own among them. */
export async function dumpRows(pool: pg.Pool): Promise<string> {
  const { rows: tables } = await pool.query<{ name: string }>(
    `select format('%I.%I', n.nspname, c.relname) as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
     where c.relkind in ('r', 'm', 'p') and has_table_privilege(c.oid, 'select') order by 1`,
  );
  const parts: string[] = [];
  for (const { name } of tables) {
    const { rows } = await pool.query<{ row: string }>(`select t::text as row from ${name} t`);
    parts.push(name, ...rows.map(({ row }) => row));
  }
  return parts.join("\n");
}

/** What `pg_dump` writes, or null where there is none that can read this server (it must not be older). */
export async function pgDump(url: string, serverMajor: number): Promise<string | null> {
  const versions = existsSync(PROGRAMS) ? readdirSync(PROGRAMS).filter((major) => Number(major) >= serverMajor) : [];
  const program = versions.map((major) => `${PROGRAMS}/${major}/bin/pg_dump`).find(existsSync);
  if (program === undefined) return null;
  const { stdout } = await promisify(execFile)(program, ["--dbname", url], { maxBuffer: 2 ** 30 });
  return stdout;
}
