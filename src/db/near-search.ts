import { toIndexBits } from "../fingerprint/bit-order.ts";
import { PERCEPTUAL_KINDS, type PerceptualKind } from "../fingerprint/fingerprint.ts";
import { TRANSFORMS } from "../fingerprint/transform.ts";
import {
  type EntryMatch,
  type EntryRow,
  type EntrySource,
  entryMatch,
  entryStatement,
  type KindQuery,
  type QueryHash,
} from "./near-entry-statement.ts";
import { DEEPENING_STEPS, type NearDatabase, type NearOptions, nearSource } from "./near-source.ts";
import { HASHES_MAX, isEmpty } from "./near-statement.ts";
import type { Thresholds } from "./near-view.ts";

export type { EntryMatch, QueryHash } from "./near-entry-statement.ts";
export type { NearDatabase } from "./near-source.ts";

export interface EntrySearch extends NearOptions {
  /** Up to 16 hashes of each kind; a kind without any is not searched. */
  readonly hashes: Readonly<Record<PerceptualKind, readonly QueryHash[]>>;
  /** Lists to search; null for every enabled one. */
  readonly listIds: readonly bigint[] | null;
  /**
   * The largest thresholds that the lists are expected to have; by default what the last search of the same lists found.
   * The search reads the real ones itself and repeats itself should one turn out larger, so a wrong expectation costs
   * time and no match.
   */
  readonly expectedThresholds?: Thresholds;
  /** Most matches wanted; the nearest match in each list is always among them, beyond the limit if need be. */
  readonly limit: number;
}

/**
 * Every entry within its own list's threshold of one of the hashes: enabled, not expired, in an enabled list, all as
 * committed when the statement starts. One statement for all transforms and both kinds. Ordered by distance, then entry,
 * then pdq before blockhash.
 *
 * Only entries with sufficient detail belong in the searched tables; that is up to who fills them.
 */
export async function searchEntries(database: NearDatabase, search: EntrySearch): Promise<EntryMatch[]> {
  return await searchStepwise(database, search, []);
}

/**
 * The first of what {@link searchEntries} finds, or null. Thresholds are deepened step by step: an entry that is very near
 * is found by a few probes.
 */
export async function nearestEntry(
  database: NearDatabase,
  search: Omit<EntrySearch, "limit">,
): Promise<EntryMatch | null> {
  const [nearest] = await searchStepwise(database, { ...search, limit: 1 }, DEEPENING_STEPS);
  return nearest ?? null;
}

/**
 * Searches within each step in turn and then within the thresholds of the lists, until the answer can't change.
 *
 * @param steps ascending, in bits; with any, the first match alone decides when to stop
 */
async function searchStepwise(
  database: NearDatabase,
  search: EntrySearch,
  steps: readonly number[],
): Promise<EntryMatch[]> {
  const queries = PERCEPTUAL_KINDS.map((kind) => ({ kind, hashes: inTransformOrder(search.hashes[kind]) }));
  const lists = search.listIds?.join() ?? "all";
  let widest = search.view?.widest ?? search.expectedThresholds ?? recallThresholds(database, lists);
  for (let round = 0; ; round++) {
    const bound = steps[round] ?? Number.POSITIVE_INFINITY;
    const thresholds = { pdq: Math.min(widest.pdq, bound), blockhash: Math.min(widest.blockhash, bound) };
    const sources = await entrySources(database, queries, thresholds, search);
    // Where memory knows of no row near enough, there was none.
    const filled = sources.filter((source) => !isEmpty(source));
    const rows = filled.length === 0 ? [] : await queryEntries(database, filled, search);
    const [first] = rows;
    if (first !== undefined) {
      const real = { pdq: first.widest_pdq ?? 0, blockhash: first.widest_blockhash ?? 0 };
      rememberThresholds(database, lists, real);
      widest = { pdq: Math.max(widest.pdq, real.pdq), blockhash: Math.max(widest.blockhash, real.blockhash) };
    }
    const matches = rows.flatMap((row) => entryMatch(row, queries));
    const nearest = matches[0]?.distance ?? Number.POSITIVE_INFINITY;
    const reach = steps.length > 0 ? nearest : Number.POSITIVE_INFINITY;
    if (sources.every(({ kind, threshold }) => threshold >= Math.min(widest[kind], reach))) return matches;
  }
}

async function queryEntries(
  { searchPool }: NearDatabase,
  sources: readonly EntrySource[],
  search: EntrySearch,
): Promise<EntryRow[]> {
  const { rows } = await searchPool.query<EntryRow>(entryStatement(sources, search));
  return rows;
}

async function entrySources(
  database: NearDatabase,
  queries: readonly KindQuery[],
  thresholds: Thresholds,
  options: NearOptions,
): Promise<EntrySource[]> {
  const asked = queries.filter(({ hashes }) => hashes.length > 0);
  return await Promise.all(
    asked.map(async ({ kind, hashes }): Promise<EntrySource> => {
      const bits = hashes.map(({ hash }) => toIndexBits(kind, hash));
      const query = { table: `entry_${kind}` as const, hashes: bits, threshold: thresholds[kind] };
      return { kind, ...(await nearSource(database, query, options)) };
    }),
  );
}

const LISTS_REMEMBERED_MAX = 1000;

/** The widest thresholds that the last search of some lists found, by the ids of the lists. */
const remembered = new WeakMap<NearDatabase["searchPool"], Map<string, Thresholds>>();

function recallThresholds(database: NearDatabase, lists: string): Thresholds {
  return remembered.get(database.searchPool)?.get(lists) ?? { pdq: 0, blockhash: 0 };
}

function rememberThresholds(database: NearDatabase, lists: string, widest: Thresholds): void {
  let known = remembered.get(database.searchPool);
  if (known === undefined || known.size >= LISTS_REMEMBERED_MAX) {
    known = new Map();
    remembered.set(database.searchPool, known);
  }
  known.set(lists, widest);
}

function inTransformOrder(hashes: readonly QueryHash[]): readonly QueryHash[] {
  if (hashes.length > HASHES_MAX) {
    throw new RangeError(`Expected at most ${HASHES_MAX} hashes of one kind but received ${hashes.length}`);
  }
  return [...hashes].sort((a, b) => TRANSFORMS.indexOf(a.transform) - TRANSFORMS.indexOf(b.transform));
}
