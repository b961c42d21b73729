import type { IndexBits } from "../fingerprint/bit-order.ts";
import { CHUNK_STARTS, CHUNK_WIDTHS, probesFor } from "../fingerprint/chunks.ts";
import { int4Array } from "./near-int4-array.ts";
import type { NearStrategy, NearTable } from "./near-strategy.ts";

/** Most hashes of one kind in one search: the place of the nearest one travels in the low bits of its distance. */
export const HASHES_MAX = 16;

/** One table to search in a statement. */
export interface NearSource {
  readonly table: NearTable;
  /** 1..{@link HASHES_MAX} hashes; of those at the same distance the first counts. */
  readonly hashes: readonly IndexBits[];
  /** What each hash is called in the answer, 0..15, ascending; by default its index. */
  readonly places?: readonly number[];
  /** Bits, 0..256. */
  readonly threshold: number;
  /** Where the rows to compare come from: the chunk indexes, the whole table, or owners that are known to suffice. */
  readonly candidates: NearStrategy | readonly number[];
  /** Of each hash, how far its chunks are probed; by default all alike. */
  readonly radii?: readonly (readonly number[])[];
}

/** What node-postgres takes: one text for a name, whatever the values. */
export interface NearStatement {
  readonly name: string;
  readonly text: string;
  readonly values: unknown[];
}

/** A statement under construction: the numbers of the parameters follow their values. */
export interface Parameters {
  readonly values: unknown[];
  /** Adds a value and gives its placeholder. */
  add(value: unknown): string;
}

export function parameters(): Parameters {
  const values: unknown[] = [];
  return { values, add: (value) => `$${values.push(value)}` };
}

/** What tells the texts of two statements with this source apart, its places aside; the values don't. */
export function sourceName(source: NearSource): string {
  return `${source.table}_${howToRead(source)}_${source.hashes.length}`;
}

/** True where no row can be found. */
export function isEmpty({ candidates }: NearSource): boolean {
  return typeof candidates !== "string" && candidates.length === 0;
}

export function howToRead({ candidates }: NearSource): NearStrategy | "given" {
  return typeof candidates === "string" ? candidates : "given";
}

/** A part of a statement, and the placeholders of the source's hashes in it. */
export interface NearRows {
  readonly text: string;
  readonly hashes: readonly string[];
}

/**
 * `select owner, variant, bits, distance, place from ...`: every row within the threshold of a hash, its distance to the
 * nearest one in bits, and that one's place. The rows are the same wherever the candidates come from. With
 * plan_cache_mode = force_generic_plan and enable_seqscan = off a probing one is always a bitmap scan over the chunk
 * indexes, whatever the statistics say: there is no other path.
 */
export function nearRows(source: NearSource, into: Parameters): NearRows {
  const owner = source.table.startsWith("entry") ? "entry_id" : "image_id";
  const hashes = source.hashes.map((hash) => into.add(hash));
  // Distances of 0..256 times 16, plus the place: the least one is the nearest, of equals the first.
  const distances = hashes.map((hash) => `bit_count(bits # ${hash})`);
  const coded = distances.map((distance, i) => `${distance} * ${HASHES_MAX} + ${source.places?.[i] ?? i}`);
  const nearest = `least(${coded.join(", ")})`;
  // Comparisons that postgres_fdw can send on, which `least` is not.
  const threshold = into.add(source.threshold);
  const within = `(${distances.map((distance) => `${distance} <= ${threshold}::int8`).join(" or ")})`;
  const condition = [...candidateCondition(source, owner, into), within].join(" and ");
  const text = `select owner, variant, bits, (nearest / ${HASHES_MAX})::int4 as distance,
      (nearest % ${HASHES_MAX})::int4 as place
    from (
      select ${owner} as owner, variant, bits, ${nearest} as nearest from ${source.table} where ${condition} offset 0
    ) as found`;
  return { text, hashes };
}

function candidateCondition(source: NearSource, owner: string, into: Parameters): string[] {
  const { candidates } = source;
  if (candidates === "scan") return [];
  if (candidates === "probe") return [`(${probeCondition(source, into)})`];
  return [`${owner} = any (${into.add(`{${candidates.join()}}`)}::int8[])`];
}

// The expressions must be those of the indexes in migrations/0001_chunk-indexes.sql.
function probeCondition(source: NearSource, into: Parameters): string {
  const probes = probesFor(source.hashes, source.threshold, source.radii);
  const chunks = CHUNK_WIDTHS.map((width, chunk) => {
    const value = `substring(bits, ${(CHUNK_STARTS[chunk] ?? 0) + 1}, ${width})::int4`;
    return `${value} = any (${into.add(int4Array(probes[chunk] ?? new Int32Array()))}::int4[])`;
  });
  return chunks.join(" or ");
}
