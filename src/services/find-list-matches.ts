import type { ActiveList } from "../db/active-lists.ts";
import { type ExactEntry, findExactEntries } from "../db/exact-entries.ts";
import { type EntryMatch, searchEntries } from "../db/near-search.ts";
import { type Detail, type Digests, EXACT_KINDS } from "../fingerprint/fingerprint.ts";
import { TRANSFORMS, type Transform } from "../fingerprint/transform.ts";
import type { AppContext } from "./context.ts";
import { publicId } from "./ids.ts";
import type { Match } from "./match.ts";

/** Most matches in one answer; the nearest of every list is always among them. */
const MOST_MATCHES = 100;

/** What of an image is compared with the lists; each part may be unknown. */
export interface MatchQuery {
  readonly digests: Digests | null;
  /** PDQ under each symmetry. */
  readonly pdqTransforms: Readonly<Partial<Record<Transform, string>>> | null;
  readonly blockhash: string | null;
  /** With `insufficient` only the digests are compared. */
  readonly detail: Detail;
}

/** Every entry of the given lists that an image matches now, each by its strongest evidence, the strongest first. */
export async function findListMatches(
  ctx: AppContext,
  query: MatchQuery,
  lists: readonly ActiveList[],
): Promise<Match[]> {
  if (lists.length === 0) return [];
  const listIds = lists.map((list) => list.id);
  const [exact, near] = await Promise.all([
    query.digests === null ? [] : findExactEntries(ctx.db, query.digests, listIds, MOST_MATCHES),
    searchByLooks(ctx, query, lists, listIds),
  ]);
  const exactMatches = exact.flatMap((entry) => exactMatch(entry, query.digests, lists));
  return strongestFirst([...exactMatches, ...near.map(nearMatch)]);
}

async function searchByLooks(
  ctx: AppContext,
  { pdqTransforms, blockhash, detail }: MatchQuery,
  lists: readonly ActiveList[],
  listIds: readonly bigint[],
): Promise<EntryMatch[]> {
  if (detail === "insufficient") return [];
  const pdq = TRANSFORMS.flatMap((transform) => {
    const hash = pdqTransforms?.[transform];
    return hash === undefined ? [] : [{ transform, hash }];
  });
  const hashes = { pdq, blockhash: blockhash === null ? [] : [{ transform: "identity" as const, hash: blockhash }] };
  const expectedThresholds = {
    pdq: Math.max(...lists.map((list) => list.pdqThreshold)),
    blockhash: Math.max(...lists.map((list) => list.blockhashThreshold)),
  };
  return await searchEntries(ctx.db, { hashes, listIds, expectedThresholds, limit: MOST_MATCHES });
}

/** The match of an entry that holds one of the digests; none where its list is not among those searched. */
export function exactMatch(entry: ExactEntry, digests: Partial<Digests> | null, lists: readonly ActiveList[]): Match[] {
  const list = lists.find((each) => each.id === entry.listId);
  const hash = ["sha256" as const, ...EXACT_KINDS].find(
    (kind) => digests?.[kind] !== undefined && entry.digests[kind] === digests[kind],
  );
  if (list === undefined || hash === undefined) return [];
  return [
    {
      list: list.name,
      listKind: list.kind,
      action: list.action,
      entryId: publicId("entry", entry.entryId),
      customId: entry.customId,
      hash,
      distance: 0,
      threshold: 0,
      transform: "identity",
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
  };
}

/** Exact evidence before any other, then the smaller part of its threshold; of one entry the first only. */
function strongestFirst(matches: Match[]): Match[] {
  const strength = (match: Match) =>
    match.threshold === 0 ? -1 / (match.distance + 1) : match.distance / match.threshold;
  const sorted = matches.sort((left, right) => strength(left) - strength(right));
  const seen = new Set<string>();
  return sorted.filter((match) => !seen.has(match.entryId) && seen.add(match.entryId));
}
