import type { ChunkShares } from "../fingerprint/chunk-radii.ts";
import { CHUNK_WIDTHS } from "../fingerprint/chunks.ts";
import type { Database } from "./client.ts";
import { NEAR_TABLES, type NearTable } from "./near-strategy.ts";

/** The common values of each table's chunks; null where it has none, as hashes that are spread evenly haven't. */
export type NearStatistics = Readonly<Record<NearTable, readonly ChunkShares[] | null>>;

// Analyze makes them anew only once a tenth of a table has changed, and old ones cost time only.
const KEPT_MS = 300_000;

interface KeptStatistics {
  readonly until: number;
  readonly statistics: Promise<NearStatistics>;
}

const kept = new WeakMap<Database["searchPool"], KeptStatistics>();

/**
 * What analyze has stored about the chunk indexes. Asks the server at most every five minutes; only the first search waits
 * for the answer (some 40 ms), later ones go by the last one until there is a new one.
 */
export function nearStatistics(pool: Database["searchPool"]): Promise<NearStatistics> {
  const now = performance.now();
  const known = kept.get(pool);
  if (known !== undefined && now < known.until) return known.statistics;
  const until = now + KEPT_MS;
  const fresh = readStatistics(pool);
  const current = known?.statistics ?? fresh;
  kept.set(pool, { until, statistics: current });
  fresh.then(
    () => kept.set(pool, { until, statistics: fresh }),
    // Without any, the failure is the caller's to see, and the next search asks again.
    () => known === undefined && kept.delete(pool),
  );
  return current;
}

interface IndexRow {
  readonly name: string;
  readonly common: string;
  readonly shares: string;
}

/**
 * PostgreSQL keeps statistics of indexed expressions under the name of the index. Of a partitioned table's index the first
 * partition's are taken: rows are spread over the partitions by a hash of their id, so each is a fair sample.
 */
async function readStatistics(pool: Database["searchPool"]): Promise<NearStatistics> {
  const names = NEAR_TABLES.flatMap((table) => CHUNK_WIDTHS.map((_, chunk) => indexName(table, chunk)));
  const { rows } = await pool.query<IndexRow>({
    name: "near_table_statistics",
    text: `select name, most_common_vals::text as common, most_common_freqs::text as shares
      from unnest($1::text[]) as name
      cross join lateral (
        select coalesce((select min(relid::oid) from pg_partition_tree(to_regclass(name)) where isleaf),
          to_regclass(name)) as leaf
      ) as index
      join pg_class on pg_class.oid = leaf
      join pg_namespace on pg_namespace.oid = relnamespace
      join pg_stats on schemaname = nspname and tablename = relname
      where most_common_vals is not null`,
    values: [names],
  });
  const found = new Map(rows.map(({ name, common, shares }) => [name, parseShares(common, shares)]));
  const ofTable = (table: NearTable): ChunkShares[] | null => {
    const chunks = CHUNK_WIDTHS.map((_, chunk) => found.get(indexName(table, chunk)) ?? NOTHING_COMMON);
    return chunks.some(({ values }) => values.length > 0) ? chunks : null;
  };
  return {
    entry_pdq: ofTable("entry_pdq"),
    entry_blockhash: ofTable("entry_blockhash"),
    entry_neural: ofTable("entry_neural"),
    image_pdq: ofTable("image_pdq"),
    image_blockhash: ofTable("image_blockhash"),
  };
}

const NOTHING_COMMON: ChunkShares = { values: new Int32Array(), shares: new Float64Array() };

function indexName(table: NearTable, chunk: number): string {
  return `${table}_chunk_${chunk}`;
}

/** Arrays of numbers as the server writes them: `{1,2}`. */
function parseShares(common: string, shares: string): ChunkShares {
  const numbers = (text: string): number[] => JSON.parse(`[${text.slice(1, -1)}]`);
  return { values: Int32Array.from(numbers(common)), shares: Float64Array.from(numbers(shares)) };
}
