import { type ExactEntry, findExactEntries } from "../db/exact-entries.ts";
import type { GateImage } from "../db/gate-look-up.ts";
import { type EntryMatch, searchEntries } from "../db/near-search.ts";
import type { HotView } from "../db/near-view.ts";
import type { Digests, Look } from "../fingerprint/fingerprint.ts";
import type { NeuralHash } from "../fingerprint/neural.ts";
import { isCrowded } from "../fingerprint/neural-crowd.ts";
import { COMPARABLE_VERSIONS } from "../fingerprint/version.ts";
import type { AppContext } from "./context.ts";
import { publicId } from "./ids.ts";
import type { MatchScope } from "./look-up-gate.ts";
import type { Match } from "./match.ts";

/** Digests from the one that says most to the one that says least. */
const EXACT_STRENGTH = ["sha256", "sha1", "md5"] as const;

/** Most matches in one answer; the strongest of every list is always among them, beyond the limit if need be. */
const MOST_MATCHES = 100;

/** What of an image is compared with the lists; each part may be unknown. */
export interface MatchQuery {
  /** Null also where it is known that no entry holds one. */
  readonly digests: Digests | null;
  /** Everything it is searched by; none with insufficient detail: only the digests are compared then. */
  readonly looks: readonly Look[];
  /** Null where no model has seen it. */
  readonly neural: NeuralHash | null;
}

/** Every entry in scope that an image matches now, each by its strongest evidence, the strongest first. */
export async function findListMatches(ctx: AppContext, query: MatchQuery, scope: MatchScope): Promise<Match[]> {
  if (!scope.anyEntries) return [];
  const [exact, near] = await (query.digests === null
    ? Promise.all([[], searchByLooks(ctx, query, scope, scope.view)])
    : searchByAll(ctx, query, query.digests, scope));
  return shorten(strongestFirst([...exact, ...near.map(nearMatch)]));
}

/** The same for an image that was checked before. */
export async function matchKnownImage(ctx: AppContext, image: GateImage, scope: MatchScope): Promise<Match[]> {
  return await findListMatches(ctx, { ...image, digests: image.inAnyEntry ? image.digests : null }, scope);
}

/**
 * The statement that looks the digests up also brings what memory has to know to answer as of now; where memory can't
 * answer anyway, the database is asked for both at once.
 */
async function searchByAll(
  ctx: AppContext,
  query: MatchQuery,
  digests: Digests,
  scope: MatchScope,
): Promise<[Match[], EntryMatch[]]> {
  const sets = Object.fromEntries(Object.entries(digests).map(([kind, digest]) => [kind, [digest]]));
  const inMemory = ctx.hotMemory.follower.position() !== null;
  const finding = findExactEntries(ctx.db, ctx.hotMemory.follower, sets, scope.listIds);
  const [{ entries }, near] = await Promise.all([
    finding,
    inMemory
      ? finding.then(({ view }) => searchByLooks(ctx, query, scope, view))
      : searchByLooks(ctx, query, scope, null),
  ]);
  return [entries.flatMap((entry) => exactMatch(entry, digests)), near];
}

async function searchByLooks(
  ctx: AppContext,
  { looks, neural }: MatchQuery,
  { listIds, match }: MatchScope,
  view: HotView | null,
): Promise<EntryMatch[]> {
  if (looks.length === 0) return [];
  const telling = neural === null || isCrowded(neural.vector) ? null : neural;
  const search = {
    looks,
    neural: telling,
    match,
    listIds,
    limit: MOST_MATCHES,
    comparableVersions: COMPARABLE_VERSIONS,
    view,
  };
  return await ctx.replicas.search(view?.lsn ?? null, (db) => searchEntries(db, search));
}

/** The match of an entry by the strongest digest that it shares with an image; none where it shares none. */
export function exactMatch(entry: ExactEntry, digests: Partial<Digests>): Match[] {
  const hash = EXACT_STRENGTH.find((kind) => digests[kind] !== undefined && entry.digests[kind] === digests[kind]);
  if (hash === undefined) return [];
  return [
    {
      list: entry.listName,
      listKind: entry.listKind,
      action: entry.listAction,
      entryId: publicId("entry", entry.entryId),
      customId: entry.customId,
      hash,
      distance: 0,
      threshold: 0,
      transform: "identity",
      confirmedBy: null,
      fingerprintVersion: null,
    },
  ];
}

function nearMatch(match: EntryMatch): Match {
  return {
    list: match.listName,
    listKind: match.listKind,
    action: match.listAction,
    entryId: publicId("entry", match.entryId),
    customId: match.customId,
    hash: match.hash,
    distance: match.distance,
    threshold: match.threshold,
    transform: match.transform,
    confirmedBy: match.confirmedBy,
    fingerprintVersion: match.fingerprintVersion,
  };
}

/**
 * Exact evidence before any other, then the smaller part of its threshold, then what only two hashes together say; of one
 * entry the first only.
 */
function strongestFirst(matches: Match[]): Match[] {
  const strength = ({ distance, threshold, confirmedBy }: Match) =>
    threshold === 0 ? -1 / (distance + 1) : distance / threshold + (confirmedBy === null ? 0 : 1);
  const sorted = matches.sort((left, right) => strength(left) - strength(right));
  const seen = new Set<string>();
  return sorted.filter((match) => !seen.has(match.entryId) && seen.add(match.entryId));
}

/** A verdict needs one match of every list, so that none is lost to the many of another. */
function shorten(matches: readonly Match[]): Match[] {
  const lists = new Set<string>();
  return matches.filter((match, place) => {
    const first = !lists.has(match.list);
    lists.add(match.list);
    return first || place < MOST_MATCHES;
  });
}
