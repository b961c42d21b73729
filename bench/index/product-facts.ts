import type pg from "pg";
import { copyRows, type LoadTimes } from "./bulk-load.ts";
import type { BuildFacts } from "./contender.ts";
import { HASH_BYTES } from "./index-order.ts";
import { insertRate } from "./inserts.ts";
import { timed } from "./progress.ts";

/** Commits that don't wait for the disk. */
export const RELAXED = "SQL, synchronous_commit off";

/** How many rows are inserted besides those that are searched, and removed again; entries for them must be there. */
export const MORE_ROWS = 50_000;

/** Sizes, and rates of inserting into the live table with its indexes, keys and triggers as the service has them. */
export async function productFacts(
  client: pg.Client,
  table: string,
  count: number,
  times: LoadTimes,
  more: Uint8Array,
): Promise<BuildFacts[]> {
  const { rows } = await client.query<{ heap: string; indexes: string }>(
    `select pg_table_size('${table}') as heap, pg_indexes_size('${table}') as indexes`,
  );
  const [heap, indexes] = [Number(rows[0]?.heap) / count, Number(rows[0]?.indexes) / count];
  const first = count + 1;
  const durable = await insertRate(client, table, more, first);
  await client.query("set synchronous_commit = off");
  const relaxed = await insertRate(client, table, more, first);
  await client.query("set synchronous_commit = on");
  const copied = await timed(`copied ${more.length / HASH_BYTES} rows into the live ${table}`, () =>
    copyRows(client, table, more, first),
  );
  await client.query(`delete from ${table} where entry_id >= $1`, [first]);
  return [
    {
      name: "SQL",
      buildSeconds: times.copySeconds + times.indexSeconds,
      rowsPerSecond: count / (times.copySeconds + times.indexSeconds),
      bytesPerRow: heap + indexes,
      insertsPerSecond: durable,
      note: `heap ${heap.toFixed(0)} + indexes ${indexes.toFixed(0)} bytes; COPY ${times.copySeconds.toFixed(1)} s, indexes ${times.indexSeconds.toFixed(1)} s`,
    },
    { name: RELAXED, insertsPerSecond: relaxed },
    {
      name: "SQL, COPY into the live table",
      rowsPerSecond: more.length / HASH_BYTES / copied.seconds,
      note: "with its triggers",
    },
  ];
}
