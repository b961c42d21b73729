import type { ProbeCosts } from "../fingerprint/chunk-radii.ts";
import { candidateShare, PROBES_PER_HASH_MAX, probeCount } from "../fingerprint/chunks.ts";
import type { Database } from "./client.ts";

/** `probe` looks chunk values up in the eleven indexes, `scan` reads every row. Both find exactly the same rows. */
export type NearStrategy = "probe" | "scan";

export type NearTable = "entry_pdq" | "entry_blockhash" | "entry_neural" | "image_pdq" | "image_blockhash";

/** In the order in which memory holds them. */
export const NEAR_TABLES: readonly NearTable[] = [
  "entry_pdq",
  "entry_blockhash",
  "entry_neural",
  "image_pdq",
  "image_blockhash",
];

/** Rows of each table, estimated from its size on disk. Of a partitioned one, of a partition in the mean: each is probed. */
export type NearTableRows = Readonly<Record<NearTable, number>>;

// Measured side by side by bench/near-search.ts; see docs/decisions/0006-exact-search.md.
const PROBING_MICROSECONDS = 150;
const PROBE_MICROSECONDS = 1;
const CANDIDATE_MICROSECONDS = 0.7;
const ROW_MICROSECONDS = 0.1;
const ROW_AND_HASH_MICROSECONDS = 0.09;

/** Bytes of one row and its share of a page, as bit(256) and bigint need them. */
const ROW_BYTES = 77;

/** Taken for a foreign partition, whose size isn't known here: nobody makes one for fewer rows than are worth a probe. */
const FOREIGN_PARTITION_BYTES = 1_000_000_000;

// The strategy only decides what a search costs, so it may be chosen by a size that was right a moment ago.
const SIZES_KEPT_MS = 10_000;

/**
 * The cheaper way to search a table of `rows` rows with hashes spread evenly, for `hashes` hashes within `threshold` bits.
 * Planner statistics play no part: they are absent in a new table and wrong after a bulk load.
 */
export function cheaperStrategy(rows: number, hashes: number, threshold: number): NearStrategy {
  return probeMicroseconds(rows, hashes, threshold) < scanMicroseconds(rows, hashes) ? "probe" : "scan";
}

/** What probing takes where hashes are spread evenly; infinite where it can't be done. */
export function probeMicroseconds(rows: number, hashes: number, threshold: number): number {
  const probes = hashes * probeCount(threshold);
  if (probes > PROBES_PER_HASH_MAX) return Number.POSITIVE_INFINITY;
  const { start, probe, candidate } = probeCosts(hashes);
  return start + probes * probe + rows * hashes * candidateShare(threshold) * candidate;
}

/** What reading the whole table takes. */
export function scanMicroseconds(rows: number, hashes: number): number {
  return rows * (ROW_MICROSECONDS + hashes * ROW_AND_HASH_MICROSECONDS);
}

/** What probing is made of where the radii are fitted to a table; every candidate is compared with all the hashes. */
export function probeCosts(hashes: number): ProbeCosts & { readonly start: number } {
  return {
    start: PROBING_MICROSECONDS,
    probe: PROBE_MICROSECONDS,
    candidate: CANDIDATE_MICROSECONDS + hashes * ROW_AND_HASH_MICROSECONDS,
  };
}

interface KeptSizes {
  readonly until: number;
  readonly rows: Promise<NearTableRows>;
}

const keptSizes = new WeakMap<Database["searchPool"], KeptSizes>();

/** Estimated rows of the searched tables; asks the server at most every ten seconds. */
export function nearTableRows(pool: Database["searchPool"]): Promise<NearTableRows> {
  const now = performance.now();
  const kept = keptSizes.get(pool);
  if (kept !== undefined && now < kept.until) return kept.rows;
  const rows = readTableRows(pool);
  keptSizes.set(pool, { until: now + SIZES_KEPT_MS, rows });
  // A failure is the caller's to see; the next search asks again.
  rows.catch(() => keptSizes.delete(pool));
  return rows;
}

// A plain table has no partition tree; the size of a partitioned one itself is 0.
function bytesOf(table: NearTable): string {
  return `(select coalesce(avg(case relkind when 'f' then ${FOREIGN_PARTITION_BYTES} else pg_relation_size(oid) end),
      pg_relation_size('${table}'))
    from pg_partition_tree('${table}') join pg_class on oid = relid where isleaf)`;
}

async function readTableRows(pool: Database["searchPool"]): Promise<NearTableRows> {
  const { rows } = await pool.query<Record<NearTable, string>>({
    name: "near_table_sizes",
    text: `select ${NEAR_TABLES.map((table) => `${bytesOf(table)} as ${table}`).join(", ")}`,
  });
  const sizes = rows[0];
  const estimate = (table: NearTable) => Math.floor(Number(sizes?.[table] ?? 0) / ROW_BYTES);
  return {
    entry_pdq: estimate("entry_pdq"),
    entry_blockhash: estimate("entry_blockhash"),
    entry_neural: estimate("entry_neural"),
    image_pdq: estimate("image_pdq"),
    image_blockhash: estimate("image_blockhash"),
  };
}
