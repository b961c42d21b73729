import type pg from "pg";

type Client = Pick<pg.ClientBase, "query">;

/**
 * Gives the role that a service connects with what it needs and no more: rows of every table, and of the audit log only to
 * read and to add. It owns nothing, so it can neither change a table nor switch off a trigger. Run it as the owner of the
 * tables, after each migration.
 * @param role an existing role, as it is spelled in pg_roles
 */
export async function grantToService(client: Client, role: string): Promise<void> {
  const { rows } = await client.query<{ name: string }>("select quote_ident($1) as name", [role]);
  const name = rows[0]?.name ?? "";
  // In one go: a service that runs meanwhile never lacks what it has had.
  await client.query(`begin;
    revoke create on schema public from public;
    grant usage on schema public, drizzle to ${name};
    grant select on drizzle.__drizzle_migrations to ${name};
    grant select, insert, update, delete on all tables in schema public to ${name};
    grant usage, select on all sequences in schema public to ${name};
    revoke update, delete, truncate on audit from ${name};
    revoke insert, update, delete, truncate on audit_head from ${name};
    commit`);
}

/**
 * Takes the right to change and remove audit rows from the tables' own owner, where one migrates and serves alike. The owner
 * can give it back to itself, which a mistake or an injected statement doesn't; a superuser has every right whatever is said.
 */
export async function revokeFromOwner(client: Client): Promise<void> {
  const { rows } = await client.query<{ table: string; rights: string }>(
    `select name as table, rights from (values ('audit', 'update, delete, truncate'), ('audit_head', 'insert, delete, truncate'))
       as kept (name, rights)
     join pg_class on pg_class.oid = to_regclass(name)
     join pg_roles on rolname = current_user and not rolsuper
     where relowner = pg_roles.oid and has_table_privilege(pg_class.oid, rights)`,
  );
  for (const { table, rights } of rows) await client.query(`revoke ${rights} on ${table} from current_user`);
}
