import pg from "pg";
import type { Check } from "./checks.ts";
import type { Contender, Found } from "./contender.ts";
import { HASH_BITS } from "./index-order.ts";
import { createExtension, type PeerIndex, type PeerSetting } from "./pgvector.ts";
import { progress, timed } from "./progress.ts";

const TABLE = "peer_bk_tree";
const PREFIX_BITS = 64;

/**
 * The SP-GiST BK-tree of fake-name/pg-spgist_hamming, which knows hashes of 64 bits: it holds the first quarter of each
 * hash and is searched within a quarter of the threshold. An exact search would ask four such trees, one a quarter.
 */
export async function openBkTree(setting: PeerSetting): Promise<PeerIndex | null> {
  const client = new pg.Client(setting.connection);
  await client.connect();
  if (!(await createExtension(client, "bktree"))) {
    progress('BK-tree left out: the server has no extension "bktree"');
    await client.end();
    return null;
  }
  await client.query("set jit = off; set maintenance_work_mem = '1GB'");
  await client.query(
    `create table ${TABLE} as
     select entry_id as id, substring(bits, 1, ${PREFIX_BITS})::int8 as prefix, bits from ${setting.table}`,
  );
  const { seconds } = await timed(`built a BK-tree on ${setting.rows} rows`, () =>
    client.query(`create index on ${TABLE} using spgist (prefix peers.bktree_ops)`),
  );
  const { rows } = await client.query<{ bytes: string }>(`select pg_indexes_size('${TABLE}') as bytes`);
  await client.query(`vacuum (freeze, analyze) ${TABLE}`);
  await client.query("set enable_seqscan = off");
  const contender: Contender = {
    name: "BK-tree, 1 of 4",
    limit: setting.limit,
    exact: false,
    takesPart: ({ probes }) => probes === 1,
    search: (check) => search(client, check, setting.limit),
  };
  return {
    contenders: [contender],
    facts: {
      name: "BK-tree, 1 of 4",
      buildSeconds: seconds,
      rowsPerSecond: setting.rows / seconds,
      bytesPerRow: Number(rows[0]?.bytes) / setting.rows,
    },
    close: () => client.end(),
  };
}

async function search(client: pg.Client, { hashes, threshold }: Check, limit: number): Promise<Found> {
  const bits = Buffer.from(hashes[0] ?? []);
  const { rows } = await client.query<{ id: string; distance: number }>({
    name: TABLE,
    text: `select id, bit_count(bits # $1)::int4 as distance from ${TABLE}
      where prefix operator(peers.<@) row($2::int8, $3::int8)::peers.bktree_area and bit_count(bits # $1) <= $4
      order by distance, id limit $5`,
    values: [
      `x${bits.toString("hex")}`,
      bits.readBigInt64BE(0).toString(),
      Math.floor((threshold * PREFIX_BITS) / HASH_BITS),
      threshold,
      limit,
    ],
  });
  return { owners: rows.map(({ id }) => Number(id)), distances: rows.map(({ distance }) => distance) };
}
