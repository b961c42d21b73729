import type { Database } from "../../src/db/client.ts";
import type { StoredVariant } from "../../src/db/hot-keys.ts";
import { searchedBits } from "../../src/db/near-bits.ts";
import { type EntryMatch, type EntryTerms, searchEntries } from "../../src/db/near-search.ts";
import type { NearStrategy } from "../../src/db/near-strategy.ts";
import type { HotView } from "../../src/db/near-view.ts";
import {
  type Look,
  type PerceptualKind,
  SEARCHED_KINDS,
  type SearchedKind,
} from "../../src/fingerprint/fingerprint.ts";
import type { NeuralHash } from "../../src/fingerprint/neural.ts";

export interface CorpusList {
  readonly id: bigint;
  readonly name: string;
  readonly pdq: number;
  readonly blockhash: number;
  /** Default: 0 bits of each, which adds nothing. */
  readonly agreement?: Readonly<Record<PerceptualKind, number>>;
  /** Default: 0 bits. */
  readonly neural?: number;
  /** Default: 2000 thousandths, which is any vector. */
  readonly neuralVector?: number;
  /** Default: `fast`. */
  readonly match?: "fast" | "robust";
  readonly enabled?: boolean;
  readonly deleted?: boolean;
}

export interface CorpusEntry {
  readonly id: bigint;
  readonly listId: bigint;
  readonly pdq?: string;
  readonly blockhash?: string;
  readonly trimmed?: Readonly<Partial<Record<PerceptualKind, string>>>;
  /** 64 hex digits. */
  readonly neural?: string;
  /** The one behind `neural`, 512 hex digits. Default: {@link vectorOf} it. */
  readonly vector?: string;
  readonly neuralVersion?: string;
  /** Absent: hashes given from outside. */
  readonly fingerprintVersion?: number;
  readonly enabled?: boolean;
  /** From now; null or absent for never. */
  readonly expiresInSeconds?: number | null;
}

/** What tests compare with unless they say otherwise. */
export const COMPARABLE_VERSIONS: readonly number[] = [1, 2];

/** The picture as it is, by these hashes. */
export function lookOf(hashes: Readonly<Partial<Record<PerceptualKind, string>>>): Look {
  return { transform: "identity", pdq: hashes.pdq ?? null, blockhash: hashes.blockhash ?? null };
}

/** A vector with these signs (64 hex digits), as 512 hex digits, and numbers that depend on the hash. */
export function vectorOf(hash: string): string {
  const random = seededRandom(Number.parseInt(hash.slice(8, 15), 16));
  const bits = Buffer.from(hash, "hex");
  const numbers = Array.from({ length: 256 }, (_, i) => {
    const size = 1 + Math.floor(random() * 127);
    const isPositive = ((bits[i >> 3] ?? 0) & (0x80 >> (i & 7))) !== 0;
    return isPositive ? 128 + size : 128 - size;
  });
  return Buffer.from(numbers).toString("hex");
}

/** What an entry holds, 512 hex digits. */
export function storedVector({ neural, vector }: CorpusEntry): string | null {
  return vector ?? (neural === undefined ? null : vectorOf(neural));
}

/** A picture's neural hash by a model, with its vector. */
export function neuralOf(version: string, hash: string): NeuralHash {
  return { version, hash, vector: vectorOf(hash) };
}

/** mulberry32: uniform numbers in [0, 1) from a 32-bit seed. */
export function seededRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

export function randomHash(random: () => number): string {
  return Array.from({ length: 64 }, () => Math.floor(random() * 16).toString(16)).join("");
}

/** The hash (64 hex digits) with these bits turned over; 0 is the highest bit of the first digit. */
export function flip(hash: string, bits: readonly number[]): string {
  const bytes = Buffer.from(hash, "hex");
  for (const bit of bits) bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) ^ (0x80 >> (bit & 7));
  return bytes.toString("hex");
}

/** The hash with `count` different bits turned over, all of them among `from`. */
export function flipSome(hash: string, count: number, random: () => number, from = 256): string {
  const bits = Array.from({ length: from }, (_, bit) => bit);
  const chosen: number[] = [];
  for (let i = 0; i < count; i++) chosen.push(...bits.splice(Math.floor(random() * bits.length), 1));
  return flip(hash, chosen);
}

const ONES = Array.from({ length: 256 }, (_, byte) => byte.toString(2).replaceAll("0", "").length);
const decoded = new Map<string, Buffer>();

/** Hamming distance of two hashes of 64 hex digits; shares nothing with the code under test. */
export function bruteDistance(a: string, b: string): number {
  const [x, y] = [a, b].map((hash) => {
    const known = decoded.get(hash) ?? Buffer.from(hash, "hex");
    decoded.set(hash, known);
    return known;
  });
  let distance = 0;
  for (let i = 0; i < 32; i++) distance += ONES[(x?.[i] ?? 0) ^ (y?.[i] ?? 0)] ?? 0;
  return distance;
}

export async function insertLists(database: Database, lists: readonly CorpusList[]): Promise<void> {
  for (const { id, name, pdq, blockhash, agreement, neural, neuralVector, match, enabled, deleted } of lists) {
    await database.pool.query(
      `insert into list (id, name, kind, action, pdq_threshold, blockhash_threshold, agreement_pdq_threshold,
         agreement_blockhash_threshold, neural_threshold, neural_vector_threshold, match, enabled, deleted_at)
       overriding system value values ($1, $2, 'disallow', 'block', $3, $4, $5, $6, $7, $8, $9, $10,
         case when $11 then now() end)`,
      [
        ...[id, name, pdq, blockhash, agreement?.pdq ?? 0, agreement?.blockhash ?? 0, neural ?? 0],
        ...[neuralVector ?? 2000, match ?? "fast", enabled ?? true, deleted ?? false],
      ],
    );
  }
}

export async function insertEntries(database: Database, entries: readonly CorpusEntry[]): Promise<void> {
  await database.pool.query(
    `insert into entry (id, list_id, identity, custom_id, source, detail, created_by, enabled, expires_at,
       fingerprint_version, neural_version, neural)
     overriding system value
     select id, list_id, int8send(id), 'custom ' || id, 'hashes', 'sufficient', 'test', enabled,
       now() + seconds * interval '1 second', version, neural_version, neural
     from unnest($1::int8[], $2::int8[], $3::bool[], $4::int4[], $5::int2[], $6::text[], $7::bytea[])
       as given (id, list_id, enabled, seconds, version, neural_version, neural)`,
    [
      entries.map(({ id }) => String(id)),
      entries.map(({ listId }) => String(listId)),
      entries.map(({ enabled }) => enabled ?? true),
      entries.map(({ expiresInSeconds }) => expiresInSeconds ?? null),
      entries.map(({ fingerprintVersion }) => fingerprintVersion ?? null),
      entries.map(({ neuralVersion }) => neuralVersion ?? null),
      entries.map((entry) => {
        const vector = storedVector(entry);
        return vector === null ? null : Buffer.from(vector, "hex");
      }),
    ],
  );
  for (const kind of SEARCHED_KINDS) await insertBits(database, `entry_${kind}`, kind, rowsOf(entries, kind));
}

/** One row of a searched table. */
export interface CorpusRow {
  readonly id: bigint;
  readonly hash: string;
  /** Default: 0. */
  readonly variant?: StoredVariant;
}

/** The rows of the table of that kind. */
export function rowsOf(entries: readonly CorpusEntry[], kind: SearchedKind): CorpusRow[] {
  return entries.flatMap((entry) => {
    const { id, trimmed } = entry;
    const trimmedHash = kind === "neural" ? undefined : trimmed?.[kind];
    const whole: CorpusRow[] = entry[kind] === undefined ? [] : [{ id, hash: entry[kind] }];
    return trimmedHash === undefined ? whole : [...whole, { id, hash: trimmedHash, variant: 1 }];
  });
}

/** Replaces everything that is searched for entries. */
export async function refill(
  database: Database,
  lists: readonly CorpusList[],
  entries: readonly CorpusEntry[],
): Promise<void> {
  await database.pool.query(
    "delete from entry_pdq; delete from entry_blockhash; delete from entry_neural; delete from entry; delete from list",
  );
  await insertLists(database, lists);
  await insertEntries(database, entries);
}

export type SearchAllOptions = Partial<Omit<EntryTerms, "looks">> & { readonly view?: HotView };

/** Searches with the same expectation for all kinds and, unless there is one, without a limit. */
export function searchAll(
  database: Pick<Database, "searchPool">,
  looks: readonly Look[],
  expected: number,
  strategy?: NearStrategy,
  options: SearchAllOptions = {},
): Promise<EntryMatch[]> {
  const forced = strategy === undefined ? {} : { strategy };
  const expectedReach = { pdq: expected, blockhash: expected, neural: expected };
  return searchEntries(database, { ...ANYTHING, ...options, looks, expectedReach, ...forced });
}

/** Terms of a search for nothing in particular. */
export const ANYTHING: Omit<EntryTerms, "looks"> = {
  neural: null,
  match: null,
  comparableVersions: COMPARABLE_VERSIONS,
  listIds: null,
  limit: 1_000_000,
};

/** One statement for all rows of one of the searched tables. */
export async function insertBits(
  database: Database,
  table: string,
  kind: SearchedKind,
  rows: readonly CorpusRow[],
): Promise<void> {
  await database.pool.query(`insert into ${table} select * from unnest($1::int8[], $2::varbit[], $3::int2[])`, [
    rows.map(({ id }) => String(id)),
    rows.map(({ hash }) => searchedBits(kind, hash)),
    rows.map(({ variant }) => variant ?? 0),
  ]);
}
