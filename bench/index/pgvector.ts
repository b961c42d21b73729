import pg from "pg";
import type { DatabaseConnection } from "../../src/db/client.ts";
import type { Check } from "./checks.ts";
import type { BuildFacts, Contender, Found } from "./contender.ts";
import { insertRate } from "./inserts.ts";
import { progress, timed } from "./progress.ts";

export interface PeerIndex {
  readonly contenders: readonly Contender[];
  readonly facts: BuildFacts;
  close(): Promise<void>;
}

export interface PeerSetting {
  readonly connection: DatabaseConnection;
  /** Where the rows are: (entry_id, bits). */
  readonly table: string;
  readonly rows: number;
  readonly limit: number;
  /** Rows to insert one by one after the searches were prepared: none of the searches finds them. */
  readonly inserts: Uint8Array;
}

interface VectorIndex {
  readonly method: "hnsw" | "ivfflat";
  readonly options: string;
  /** The session setting that trades time for recall, and its values. */
  readonly setting: string;
  readonly values: readonly number[];
}

const HNSW: VectorIndex = {
  method: "hnsw",
  options: "m = 16, ef_construction = 64",
  setting: "hnsw.ef_search",
  values: [40, 100, 200, 400, 1000],
};

/** pgvector's HNSW index with its default options; null, and a line, where the extension is missing. */
export function openHnsw(setting: PeerSetting): Promise<PeerIndex | null> {
  return openVectorIndex(setting, HNSW);
}

/** pgvector's IVFFlat index with as many lists as its manual advises. */
export function openIvfflat(setting: PeerSetting): Promise<PeerIndex | null> {
  const lists = Math.round(setting.rows > 1_000_000 ? Math.sqrt(setting.rows) : Math.max(10, setting.rows / 1000));
  return openVectorIndex(setting, {
    method: "ivfflat",
    options: `lists = ${lists}`,
    setting: "ivfflat.probes",
    values: [10, 32, 100].filter((probes) => probes <= lists),
  });
}

async function openVectorIndex(setting: PeerSetting, index: VectorIndex): Promise<PeerIndex | null> {
  const client = new pg.Client(setting.connection);
  await client.connect();
  if (!(await createExtension(client, "vector"))) {
    progress(`${index.method} left out: the server has no extension "vector"`);
    await client.end();
    return null;
  }
  const table = `peer_${index.method}`;
  await client.query("set jit = off; set maintenance_work_mem = '2GB'; set max_parallel_maintenance_workers = 2");
  await client.query(`create table ${table} as select entry_id as id, bits from ${setting.table}`);
  const { seconds } = await timed(`built ${index.method} (${index.options}) on ${setting.rows} rows`, () =>
    client.query(`create index on ${table} using ${index.method} (bits bit_hamming_ops) with (${index.options})`),
  );
  const { rows } = await client.query<{ bytes: string }>(`select pg_indexes_size('${table}') as bytes`);
  await client.query(`vacuum (freeze, analyze) ${table}`);
  await client.query("set enable_seqscan = off");
  return {
    contenders: index.values.map((value) => contender(client, table, index, value, setting.limit)),
    facts: {
      name: `${index.method} (${index.options})`,
      buildSeconds: seconds,
      rowsPerSecond: setting.rows / seconds,
      bytesPerRow: Number(rows[0]?.bytes) / setting.rows,
      insertsPerSecond: await insertRate(client, table, setting.inserts, setting.rows + 1),
    },
    close: () => client.end(),
  };
}

function contender(
  client: pg.Client,
  table: string,
  { method, setting, values }: VectorIndex,
  value: number,
  limit: number,
): Contender {
  return {
    name: `${method} ${setting.split(".")[1]} ${value}`,
    limit,
    exact: false,
    // What it does depends on no threshold, and sixteen hashes are sixteen searches.
    takesPart: ({ threshold, probes }) => probes === 1 && threshold < 64 && values.includes(value),
    async prepare() {
      await client.query(`set ${setting} = ${value}`);
    },
    search: (check) => nearest(client, table, check, limit),
  };
}

async function nearest(client: pg.Client, table: string, check: Check, limit: number): Promise<Found> {
  const { rows } = await client.query<{ id: string; distance: number }>({
    name: table,
    text: `select id, bits <~> $1 as distance from ${table} order by bits <~> $1 limit $2`,
    values: [`x${Buffer.from(check.hashes[0] ?? []).toString("hex")}`, limit],
  });
  const near = rows.filter(({ distance }) => distance <= check.threshold);
  return { owners: near.map(({ id }) => Number(id)), distances: near.map(({ distance }) => distance) };
}

/** Whether the extension is there now. */
export async function createExtension(client: pg.Client, name: string): Promise<boolean> {
  const { rows } = await client.query("select from pg_available_extensions where name = $1", [name]);
  if (rows.length === 0) return false;
  await client.query(`create schema if not exists peers`);
  await client.query(`create extension if not exists ${name} schema peers`);
  await client.query(`set search_path = public, peers`);
  return true;
}
