import type pg from "pg";
import { HASH_BYTES } from "./index-order.ts";

const INSERTING_MS = 3000;

/**
 * Rows a second, each inserted by a statement and transaction of its own on one connection, for three seconds at most. They
 * are deleted afterwards.
 *
 * @param table of (bigint, bit(256))
 * @param rows 32 bytes each
 */
export async function insertRate(
  client: pg.Client,
  table: string,
  rows: Uint8Array,
  firstOwner: number,
): Promise<number> {
  const count = rows.length / HASH_BYTES;
  const start = performance.now();
  let inserted = 0;
  while (inserted < count && performance.now() - start < INSERTING_MS) {
    const bits = Buffer.from(rows.subarray(inserted * HASH_BYTES, (inserted + 1) * HASH_BYTES)).toString("hex");
    await client.query({
      name: `insert ${table}`,
      text: `insert into ${table} values ($1, $2)`,
      values: [firstOwner + inserted, `x${bits}`],
    });
    inserted++;
  }
  const seconds = (performance.now() - start) / 1000;
  await client.query(`delete from ${table} where ${await keyColumn(client, table)} >= $1`, [firstOwner]);
  return inserted / seconds;
}

async function keyColumn(client: pg.Client, table: string): Promise<string> {
  const { rows } = await client.query<{ name: string }>(
    "select attname as name from pg_attribute where attrelid = $1::regclass and attnum = 1",
    [table],
  );
  return rows[0]?.name ?? "id";
}
