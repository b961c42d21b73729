import { once } from "node:events";
import { finished } from "node:stream/promises";
import type pg from "pg";
import { from as copyFrom } from "pg-copy-streams";
import { HASH_BITS, HASH_BYTES } from "./index-order.ts";
import { timed } from "./progress.ts";

export interface LoadTimes {
  readonly copySeconds: number;
  readonly indexSeconds: number;
}

const CHUNK_ROWS = 16_384;
const HEADER = Buffer.from("PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0", "latin1");
const TRAILER = Buffer.from([0xff, 0xff]);
/** Number of fields, and each field with its length before it: a bigint, and a bit string with its number of bits. */
const TUPLE_BYTES = 2 + (4 + 8) + (4 + 4 + HASH_BYTES);

/** What is measured is not the disk: the table and its indexes are brought into the server's memory, where it can. */
async function warm(client: pg.Client, table: string): Promise<void> {
  const { rows } = await client.query("select from pg_available_extensions where name = 'pg_prewarm'");
  if (rows.length === 0) return;
  await client.query("create extension if not exists pg_prewarm");
  await client.query(
    "select pg_prewarm(oid) from pg_class where oid = $1::regclass or oid in (select indexrelid from pg_index where indrelid = $1::regclass)",
    [table],
  );
}

/** Copies rows (32 bytes each in index order) into a table of (bigint, bit(256)) in binary; the first gets `firstOwner`. */
export async function copyRows(client: pg.Client, table: string, rows: Uint8Array, firstOwner: number): Promise<void> {
  const stream = client.query(copyFrom(`copy ${table} (${table.split("_")[0]}_id, bits) from stdin (format binary)`));
  const done = finished(stream);
  stream.write(HEADER);
  const count = rows.length / HASH_BYTES;
  for (let start = 0; start < count; start += CHUNK_ROWS) {
    const chunk = tuples(rows, start, Math.min(count, start + CHUNK_ROWS), firstOwner);
    if (!stream.write(chunk)) await once(stream, "drain");
  }
  stream.end(TRAILER);
  await done;
}

function tuples(rows: Uint8Array, from: number, to: number, firstOwner: number): Buffer {
  const buffer = Buffer.allocUnsafe((to - from) * TUPLE_BYTES);
  let at = 0;
  for (let row = from; row < to; row++) {
    const owner = firstOwner + row;
    at = buffer.writeInt16BE(2, at);
    at = buffer.writeInt32BE(8, at);
    at = buffer.writeInt32BE(Math.floor(owner / 2 ** 32), at);
    at = buffer.writeUInt32BE(owner % 2 ** 32, at);
    at = buffer.writeInt32BE(4 + HASH_BYTES, at);
    at = buffer.writeInt32BE(HASH_BITS, at);
    buffer.set(rows.subarray(row * HASH_BYTES, (row + 1) * HASH_BYTES), at);
    at += HASH_BYTES;
  }
  return buffer;
}

/**
 * Fills an empty table as one is filled that is not in use yet: without its indexes and triggers, which are made again
 * afterwards from the server's own description of them.
 */
export async function bulkLoad(client: pg.Client, table: string, rows: Uint8Array): Promise<LoadTimes> {
  // An index's definition leaves out how many values analyze is to keep of it.
  const indexes = await definitions(
    client,
    `select indexname as name, indexdef || coalesce('; alter index ' || indexname || ' alter column 1 set statistics ' ||
       (select nullif(attstattarget, -1) from pg_attribute where attrelid = indexname::regclass and attnum = 1), '')
       as definition
     from pg_indexes where tablename = $1 and indexname like '%chunk%' order by length(indexname), indexname`,
    table,
  );
  const [key] = await definitions(
    client,
    `select conname as name, pg_get_constraintdef(oid) as definition from pg_constraint
     where conrelid = $1::regclass and contype = 'p'`,
    table,
  );
  if (key === undefined || indexes.length === 0) throw new Error(`Expected a key and chunk indexes on ${table}`);
  await client.query(`alter table ${table} drop constraint ${key.name}`);
  await client.query(`drop index ${indexes.map(({ name }) => name).join()}`);
  // Neither the checks of foreign keys, nor the triggers, which fire in either role.
  await client.query(`set session_replication_role = replica; alter table ${table} disable trigger user`);
  const copied = await timed(`copied ${rows.length / HASH_BYTES} rows into ${table}`, () =>
    copyRows(client, table, rows, 1),
  );
  await client.query("set session_replication_role = origin");
  const triggers = "select tgname from pg_trigger where tgrelid = $1::regclass and not tgisinternal";
  const { rows: disabled } = await client.query<{ tgname: string }>(triggers, [table]);
  for (const { tgname } of disabled) await client.query(`alter table ${table} enable always trigger ${tgname}`);
  const built = await timed(`built all indexes of ${table}`, async () => {
    for (const { name, definition } of indexes) await timed(name, () => client.query(definition));
    await client.query(`alter table ${table} add constraint ${key.name} ${key.definition}`);
  });
  await timed("vacuumed and analysed", () => client.query(`vacuum (freeze, analyze) ${table}`));
  await timed("read into the server's memory", () => warm(client, table));
  return { copySeconds: copied.seconds, indexSeconds: built.seconds };
}

interface Definition {
  readonly name: string;
  readonly definition: string;
}

async function definitions(client: pg.Client, query: string, table: string): Promise<Definition[]> {
  return (await client.query<Definition>(query, [table])).rows;
}

/** One enabled list with `count` entries, numbered from 1: the searched tables' owners. */
export async function fillEntries(client: pg.Client, count: number): Promise<void> {
  await client.query(
    `insert into list (name, kind, action, pdq_threshold, blockhash_threshold)
     values ('bench', 'disallow', 'block', 0, 0)`,
  );
  // What only keeps entries apart or finds them by other things plays no part in these searches.
  await client.query("alter table entry drop constraint entry_identity");
  await client.query("drop index entry_custom_id, entry_sha256, entry_sha1, entry_md5");
  await client.query("set session_replication_role = replica");
  await client.query(
    `insert into entry (id, list_id, identity, source, detail, created_by) overriding system value
     select i, 1, int8send(i), 'hashes', 'sufficient', 'bench' from generate_series(1, $1::int8) as i`,
    [count],
  );
  await client.query("set session_replication_role = origin");
  await client.query("vacuum (freeze, analyze) entry");
}
