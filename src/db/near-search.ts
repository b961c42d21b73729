import { type Look, PERCEPTUAL_KINDS, type SearchedKind } from "../fingerprint/fingerprint.ts";
import type { NeuralHash } from "../fingerprint/neural.ts";
import { searchedBits } from "./near-bits.ts";
import {
  type EntryMatch,
  type EntryRow,
  type EntrySource,
  type EntryTerms,
  entryMatch,
  entryStatement,
  placesOf,
} from "./near-entry-statement.ts";
import { DEEPENING_STEPS, type NearDatabase, type NearOptions, type NearQuery, nearSource } from "./near-source.ts";
import { HASHES_MAX, isEmpty } from "./near-statement.ts";
import type { Reach } from "./near-view.ts";

export type { EntryMatch, EntryTerms, MatchMode } from "./near-entry-statement.ts";
export type { NearDatabase } from "./near-source.ts";

export interface EntrySearch extends NearOptions, EntryTerms {
  /**
   * How far the lists are expected to reach; by default what the last search of the same lists found. The search reads the
   * real thresholds itself and repeats itself should one turn out larger, so a wrong expectation costs time and no match.
   */
  readonly expectedReach?: Reach;
}

/**
 * Every entry that matches by its own list's thresholds, `MatchRule` of fingerprint/decision.ts: by one hash in one of the
 * looks, or by PDQ and blockhash together in the same look of the same stored variant. Enabled, not expired, in an
 * enabled list, all as committed when the statement starts. One statement for all looks and hashes. Ordered by distance,
 * then entry, then kind of hash (SEARCHED_KINDS); matches by two measures together (`confirmedBy`: agreement, neural hashes)
 * come after all others.
 *
 * Only looks with sufficient detail belong in the searched tables; that is up to who fills them.
 *
 * @throws RangeError with more than 16 looks, or a hash that isn't 64 hex digits
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

/** All hashes of one kind. */
type KindQuery = Omit<NearQuery, "threshold"> & { readonly kind: SearchedKind };

/**
 * Searches within each step in turn and then as far as the lists reach, until the answer can't change.
 *
 * @param steps ascending, in bits; with any, the first match alone decides when to stop
 */
async function searchStepwise(
  database: NearDatabase,
  search: EntrySearch,
  steps: readonly number[],
): Promise<EntryMatch[]> {
  const queries = kindQueries(search.looks, search.match === "fast" ? null : search.neural);
  const lists = `${search.match} ${search.listIds?.join() ?? "all"}`;
  let widest = viewedReach(search) ?? expectedReach(database, search, lists);
  for (let round = 0; ; round++) {
    const step = steps[round] ?? Number.POSITIVE_INFINITY;
    const reached = mapKinds((kind) => Math.min(widest[kind], step));
    const sources = await entrySources(database, queries, reached, search);
    // Where memory knows of no row near enough, there was none.
    const filled = sources.filter((source) => !isEmpty(source));
    const rows = filled.length === 0 ? [] : await queryEntries(database, filled, search);
    const [first] = rows;
    if (first !== undefined) {
      const real = realReach(first);
      rememberReach(database, lists, real);
      const expected = widest;
      widest = mapKinds((kind) => Math.max(expected[kind], real[kind]));
    }
    const matches = rows.flatMap((row) => entryMatch(row, search.looks));
    const needed = steps.length > 0 ? nearestAlone(matches) : Number.POSITIVE_INFINITY;
    if (queries.every(({ kind }) => reached[kind] >= Math.min(widest[kind], needed))) return matches;
  }
}

function mapKinds(of: (kind: SearchedKind) => number): Reach {
  return { pdq: of("pdq"), blockhash: of("blockhash"), neural: of("neural") };
}

/** Bits; a match by two measures comes after any by one that a wider search may find. */
function nearestAlone([first]: readonly EntryMatch[]): number {
  return first === undefined || first.confirmedBy !== null ? Number.POSITIVE_INFINITY : first.distance;
}

function kindQueries(looks: readonly Look[], neural: NeuralHash | null): KindQuery[] {
  if (looks.length > HASHES_MAX) {
    throw new RangeError(`Expected at most ${HASHES_MAX} looks but received ${looks.length}`);
  }
  const byLooks = PERCEPTUAL_KINDS.map((kind): KindQuery => {
    const places = placesOf(looks, kind);
    const hashes = places.map((place) => searchedBits(kind, looks[place]?.[kind] ?? ""));
    return { kind, table: `entry_${kind}`, hashes, places };
  });
  const byNeural = neural === null ? [] : [searchedBits("neural", neural.hash)];
  const queries: KindQuery[] = [...byLooks, { kind: "neural", table: "entry_neural", hashes: byNeural }];
  return queries.filter(({ hashes }) => hashes.length > 0);
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
  reach: Reach,
  options: NearOptions,
): Promise<EntrySource[]> {
  const asked = queries.filter(({ kind }) => reach[kind] >= 0);
  return await Promise.all(
    asked.map(async ({ kind, ...query }): Promise<EntrySource> => {
      return { kind, ...(await nearSource(database, { ...query, threshold: reach[kind] }, options)) };
    }),
  );
}

/** As the view knows it; null without one. */
function viewedReach({ view, match }: EntrySearch): Reach | null {
  if (!view) return null;
  const { pdq, blockhash, neural, neuralAny } = view.widest;
  return { pdq, blockhash, neural: match === "robust" ? neuralAny : neural };
}

/** At least 0: a statement has to be sent to learn how far the lists reach really. */
function expectedReach(database: NearDatabase, search: EntrySearch, lists: string): Reach {
  const expected = search.expectedReach ?? remembered.get(database.searchPool)?.get(lists);
  return mapKinds((kind) => Math.max(0, expected?.[kind] ?? 0));
}

function realReach(row: EntryRow): Reach {
  return { pdq: row.widest_pdq ?? 0, blockhash: row.widest_blockhash ?? 0, neural: row.widest_neural ?? -1 };
}

const LISTS_REMEMBERED_MAX = 1000;

/** What the last search of some lists found, by how and in which lists it looked. */
const remembered = new WeakMap<NearDatabase["searchPool"], Map<string, Reach>>();

function rememberReach(database: NearDatabase, lists: string, reach: Reach): void {
  let known = remembered.get(database.searchPool);
  if (known === undefined || known.size >= LISTS_REMEMBERED_MAX) {
    known = new Map();
    remembered.set(database.searchPool, known);
  }
  known.set(lists, reach);
}
