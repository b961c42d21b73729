import type pg from "pg";
import type { DatabaseLogger } from "./client.ts";
import { NEAR_TABLES, type NearTable } from "./near-strategy.ts";

type Client = Pick<pg.ClientBase, "query">;

/** Statements that make a table again, as the server itself writes them. */
interface Definition {
  /** The first column of the primary key. */
  readonly owner: string;
  /** Such as `fillfactor=90`; a partitioned table has none of its own, its partitions do. */
  readonly storage: string | null;
  readonly constraints: readonly string[];
  readonly indexes: readonly string[];
  readonly triggers: readonly string[];
  /** How many common values analyze keeps of a column of an index, where that was set. */
  readonly targets: readonly { readonly index: string; readonly column: number; readonly target: number }[];
}

/**
 * Partitions the tables of fingerprints by hash of their owner's id, with all the indexes, constraints and triggers that the
 * migrations gave them. Only tables without rows are changed: afterwards their number of partitions stays, and another
 * `partitions` (1..64; 1: plain tables) is logged and ignored. A table that a migration has added since is made like the
 * others. All or none; the caller holds the migration lock.
 */
export async function partitionFingerprints(client: Client, partitions: number, logger: DatabaseLogger): Promise<void> {
  const others = (await countPartitions(client)).filter(({ present }) => present !== partitions);
  const [first] = others;
  if (first === undefined) return;
  const tables = others.map(({ table }) => table);
  await client.query("begin");
  try {
    const plain = others.every(({ present }) => present === 1);
    const partitioned = plain && (await lockWithoutRows(client, tables));
    if (partitioned) for (const table of tables) await partition(client, table, partitions);
    await client.query("commit");
    if (partitioned) logger.info({ partitions }, "The fingerprint tables were partitioned");
    else logger.warn({ partitions: first.present, asked: partitions }, ignored(first.present, partitions));
  } catch (error) {
    await client.query("rollback");
    throw error;
  }
}

function ignored(present: number, asked: number): string {
  return `FINGERPRINT_PARTITIONS is ${asked}, but the fingerprints are kept in ${present} partition(s), which stays as it is`;
}

/** 1 for plain tables; nothing of those that aren't there. */
async function countPartitions(client: Client): Promise<{ table: NearTable; present: number }[]> {
  const { rows } = await client.query<{ table: NearTable; present: number }>(
    `select name as table, greatest(1, (select count(*) from pg_inherits where inhparent = pg_class.oid))::int as present
     from unnest($1::text[]) with ordinality as near (name, place) join pg_class on oid = to_regclass(name) order by place`,
    [NEAR_TABLES],
  );
  return rows;
}

async function lockWithoutRows(client: Client, tables: readonly NearTable[]): Promise<boolean> {
  await client.query(`lock table ${tables.join(", ")} in access exclusive mode`);
  const filled = tables.map((table) => `exists (select from ${table})`).join(" or ");
  const { rows } = await client.query<{ filled: boolean }>(`select ${filled} as filled`);
  return rows[0]?.filled === false;
}

async function partition(client: Client, table: NearTable, partitions: number): Promise<void> {
  const definition = await readDefinition(client, table);
  await client.query(`alter table ${table} rename to ${table}_plain`);
  await client.query(
    `create table ${table} (like ${table}_plain including all excluding indexes) partition by hash (${definition.owner})`,
  );
  // Names of indexes and constraints are free again.
  await client.query(`drop table ${table}_plain`);
  const storage = definition.storage === null ? "" : ` with (${definition.storage})`;
  for (let remainder = 0; remainder < partitions; remainder++) {
    await client.query(
      `create table ${table}_${remainder} partition of ${table}
       for values with (modulus ${partitions}, remainder ${remainder})${storage}`,
    );
  }
  for (const statement of [...definition.constraints, ...definition.indexes, ...definition.triggers]) {
    await client.query(statement);
  }
  for (const { index, column, target } of definition.targets) {
    // Each partition has an index of its own, which inherits no target.
    const { rows } = await client.query<{ name: string }>("select relid::regclass as name from pg_partition_tree($1)", [
      index,
    ]);
    for (const { name } of rows)
      await client.query(`alter index ${name} alter column ${column} set statistics ${target}`);
  }
}

async function readDefinition(client: Client, table: NearTable): Promise<Definition> {
  // Checks and defaults are copied by `like`; a not-null constraint (a row of its own since PostgreSQL 18) is too.
  const { rows } = await client.query<Definition>(
    `select
       (select quote_ident(attname) from pg_index join pg_attribute on attrelid = indrelid and attnum = indkey[0]
        where indrelid = t.oid and indisprimary) as owner,
       array_to_string(reloptions, ', ') as storage,
       array(select format('alter table %s add constraint %I %s', t.oid::regclass, conname, pg_get_constraintdef(oid))
         from pg_constraint where conrelid = t.oid and contype in ('p', 'u', 'f') order by contype desc, conname) as constraints,
       array(select pg_get_indexdef(indexrelid) from pg_index where indrelid = t.oid
         and not exists (select from pg_constraint where conindid = indexrelid) order by indexrelid) as indexes,
       array(select pg_get_triggerdef(oid) from pg_trigger where tgrelid = t.oid and not tgisinternal order by tgname)
         || array(select format('alter table %s enable always trigger %I', t.oid::regclass, tgname) from pg_trigger
           where tgrelid = t.oid and not tgisinternal and tgenabled = 'A' order by tgname) as triggers,
       (select coalesce(json_agg(json_build_object('index', indexrelid::regclass, 'column', attnum, 'target', attstattarget)), '[]')
         from pg_index join pg_attribute on attrelid = indexrelid
         where indrelid = t.oid and attstattarget >= 0) as targets
     from pg_class as t where t.oid = $1::regclass`,
    [table],
  );
  const definition = rows[0];
  if (definition === undefined) throw new Error(`Expected the table ${table} but it is gone`);
  return definition;
}
