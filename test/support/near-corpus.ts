import type { Database } from "../../src/db/client.ts";
import { type EntryMatch, type QueryHash, searchEntries } from "../../src/db/near-search.ts";
import type { NearStrategy, NearTable } from "../../src/db/near-strategy.ts";
import type { HotView, Thresholds } from "../../src/db/near-view.ts";
import { fromIndexBits, toIndexBits } from "../../src/fingerprint/bit-order.ts";
import { PERCEPTUAL_KINDS, type PerceptualKind } from "../../src/fingerprint/fingerprint.ts";
import { TRANSFORMS } from "../../src/fingerprint/transform.ts";

export interface CorpusList {
  readonly id: bigint;
  readonly name: string;
  readonly pdq: number;
  readonly blockhash: number;
  readonly enabled?: boolean;
  readonly deleted?: boolean;
}

export interface CorpusEntry {
  readonly id: bigint;
  readonly listId: bigint;
  readonly pdq?: string;
  readonly blockhash?: string;
  readonly enabled?: boolean;
  /** From now; null or absent for never. */
  readonly expiresInSeconds?: number | null;
}

export type QueryHashes = Readonly<Record<PerceptualKind, readonly QueryHash[]>>;

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
  for (const list of lists) {
    await database.pool.query(
      `insert into list (id, name, kind, action, pdq_threshold, blockhash_threshold, enabled, deleted_at)
       overriding system value values ($1, $2, 'disallow', 'block', $3, $4, $5, case when $6 then now() end)`,
      [list.id, list.name, list.pdq, list.blockhash, list.enabled ?? true, list.deleted ?? false],
    );
  }
}

export async function insertEntries(database: Database, entries: readonly CorpusEntry[]): Promise<void> {
  await database.pool.query(
    `insert into entry (id, list_id, identity, custom_id, source, detail, created_by, enabled, expires_at)
     overriding system value
     select id, list_id, int8send(id), 'custom ' || id, 'hashes', 'sufficient', 'test', enabled,
       now() + seconds * interval '1 second'
     from unnest($1::int8[], $2::int8[], $3::bool[], $4::int4[]) as given (id, list_id, enabled, seconds)`,
    [
      entries.map(({ id }) => String(id)),
      entries.map(({ listId }) => String(listId)),
      entries.map(({ enabled }) => enabled ?? true),
      entries.map(({ expiresInSeconds }) => expiresInSeconds ?? null),
    ],
  );
  for (const kind of PERCEPTUAL_KINDS) {
    const hashed = entries.flatMap((entry) => (entry[kind] === undefined ? [] : [{ id: entry.id, hash: entry[kind] }]));
    await insertBits(database, `entry_${kind}`, kind, hashed);
  }
}

/** Replaces everything that is searched for entries. */
export async function refill(
  database: Database,
  lists: readonly CorpusList[],
  entries: readonly CorpusEntry[],
): Promise<void> {
  await database.pool.query("delete from entry_pdq; delete from entry_blockhash; delete from entry; delete from list");
  await insertLists(database, lists);
  await insertEntries(database, entries);
}

/** Searches with the same expectation for both kinds and, unless there is one, without a limit. */
export function searchAll(
  database: Database,
  hashes: QueryHashes,
  expected: number,
  strategy?: NearStrategy,
  options: { readonly listIds?: readonly bigint[] | null; readonly limit?: number; readonly view?: HotView } = {},
): Promise<EntryMatch[]> {
  const forced = strategy === undefined ? {} : { strategy };
  const expectedThresholds = { pdq: expected, blockhash: expected };
  const { listIds = null, limit = 1_000_000, view = null } = options;
  return searchEntries(database, { hashes, listIds, expectedThresholds, limit, view, ...forced });
}

/**
 * A memory that compares everything: the rows it is given under the names of their tables (others it doesn't hold), and
 * among its answers some rows, repeats and owners that don't belong there.
 */
export function bruteView(
  rows: Readonly<Partial<Record<NearTable, readonly { readonly id: bigint; readonly hash: string }[]>>>,
  widest: Thresholds,
  random: () => number,
): HotView {
  return {
    widest,
    async near(table, hashes, threshold) {
      const held = rows[table];
      if (held === undefined) return null;
      const kind = table.endsWith("pdq") ? "pdq" : "blockhash";
      const asked = hashes.map((hash) => fromIndexBits(kind, hash));
      const near = held.filter((row) => asked.some((hash) => bruteDistance(hash, row.hash) <= threshold));
      const garbage = held.filter(() => random() < 0.1).map(({ id }) => Number(id));
      const repeats = near.filter(() => random() < 0.2).map(({ id }) => Number(id));
      return [...garbage, ...near.map(({ id }) => Number(id)), 999_999_999_999, ...repeats];
    },
  };
}

/** One statement for all rows of one of the searched tables. */
export async function insertBits(
  database: Database,
  table: string,
  kind: PerceptualKind,
  rows: readonly { readonly id: bigint; readonly hash: string }[],
): Promise<void> {
  await database.pool.query(`insert into ${table} select * from unnest($1::int8[], $2::varbit[])`, [
    rows.map(({ id }) => String(id)),
    rows.map(({ hash }) => toIndexBits(kind, hash)),
  ]);
}

/** What a search must answer, found by comparing everything with everything. */
export function bruteMatches(
  lists: readonly CorpusList[],
  entries: readonly CorpusEntry[],
  hashes: QueryHashes,
  listIds: readonly bigint[] | null,
): EntryMatch[] {
  const matches: EntryMatch[] = [];
  for (const entry of entries) {
    const list = lists.find(({ id }) => id === entry.listId);
    if (list === undefined || list.enabled === false || list.deleted === true) continue;
    if (listIds !== null && !listIds.includes(list.id)) continue;
    if (entry.enabled === false || (entry.expiresInSeconds ?? 1) <= 0) continue;
    for (const hash of PERCEPTUAL_KINDS) {
      const stored = entry[hash];
      if (stored === undefined) continue;
      const [nearest] = hashes[hash]
        .map((query) => ({ transform: query.transform, distance: bruteDistance(query.hash, stored) }))
        .sort((a, b) => a.distance - b.distance || TRANSFORMS.indexOf(a.transform) - TRANSFORMS.indexOf(b.transform));
      if (nearest === undefined || nearest.distance > list[hash]) continue;
      matches.push({
        entryId: entry.id,
        customId: `custom ${entry.id}`,
        listId: list.id,
        listName: list.name,
        listKind: "disallow",
        listAction: "block",
        hash,
        distance: nearest.distance,
        threshold: list[hash],
        transform: nearest.transform,
      });
    }
  }
  return inAnswerOrder(matches);
}

export function inAnswerOrder(matches: readonly EntryMatch[]): EntryMatch[] {
  return [...matches].sort(
    (a, b) =>
      a.distance - b.distance ||
      Number(a.entryId - b.entryId) ||
      PERCEPTUAL_KINDS.indexOf(a.hash) - PERCEPTUAL_KINDS.indexOf(b.hash),
  );
}
