import type { StoredVariant } from "../../src/db/hot-keys.ts";
import type { EntryMatch, EntryTerms } from "../../src/db/near-search.ts";
import type { NearTable } from "../../src/db/near-strategy.ts";
import type { HotView, Reach } from "../../src/db/near-view.ts";
import { fromIndexBits, type IndexBits } from "../../src/fingerprint/bit-order.ts";
import { type Look, PERCEPTUAL_KINDS, SEARCHED_KINDS, type SearchedKind } from "../../src/fingerprint/fingerprint.ts";
import { neuralApart } from "../../src/fingerprint/neural.ts";
import { type MatchTransform, trimmedTransform } from "../../src/fingerprint/transform.ts";
import {
  ANYTHING,
  bruteDistance,
  type CorpusEntry,
  type CorpusList,
  type CorpusRow,
  storedVector,
} from "./near-corpus.ts";

/** One way in which a look meets a stored picture. */
interface Meeting {
  readonly variant: StoredVariant;
  readonly place: number;
  readonly transform: MatchTransform;
  /** Bits; null where one of the two has no such hash. */
  readonly pdq: number | null;
  readonly blockhash: number | null;
}

/** What a match says beside its entry and list. */
type Evidence = Pick<EntryMatch, "hash" | "distance" | "threshold" | "transform" | "confirmedBy">;

/** What a search must answer, found by comparing everything with everything. */
export function bruteMatches(
  lists: readonly CorpusList[],
  entries: readonly CorpusEntry[],
  looks: readonly Look[],
  listIds: readonly bigint[] | null,
  terms: Partial<EntryTerms> = {},
): EntryMatch[] {
  const asked: EntryTerms = { ...ANYTHING, ...terms, looks, listIds };
  const matches = entries.flatMap((entry) => {
    const list = lists.find(({ id }) => id === entry.listId);
    if (list === undefined || !isAsked(list, entry, asked)) return [];
    return evidenceOf(list, entry, asked).map((evidence) => ({
      entryId: entry.id,
      customId: `custom ${entry.id}`,
      listId: list.id,
      listName: list.name,
      listKind: "disallow" as const,
      listAction: "block" as const,
      fingerprintVersion: entry.fingerprintVersion ?? null,
      ...evidence,
    }));
  });
  return inAnswerOrder(matches);
}

function isAsked(list: CorpusList, entry: CorpusEntry, { listIds }: EntryTerms): boolean {
  if (list.enabled === false || list.deleted === true) return false;
  if (listIds !== null && !listIds.includes(list.id)) return false;
  return entry.enabled !== false && (entry.expiresInSeconds ?? 1) > 0;
}

function evidenceOf(list: CorpusList, entry: CorpusEntry, terms: EntryTerms): Evidence[] {
  const { fingerprintVersion: version } = entry;
  const comparable = version === undefined || terms.comparableVersions.includes(version);
  const meetings = comparable ? meetingsOf(entry, terms.looks) : [];
  const alone = PERCEPTUAL_KINDS.flatMap((kind): Evidence[] => {
    const [nearest] = meetings
      .flatMap((meeting) => (meeting[kind] === null ? [] : [{ ...meeting, distance: meeting[kind] }]))
      .sort((a, b) => a.distance - b.distance || a.variant - b.variant || a.place - b.place);
    if (nearest === undefined || nearest.distance > list[kind]) return [];
    const { distance, transform } = nearest;
    return [{ hash: kind, distance, threshold: list[kind], transform, confirmedBy: null }];
  });
  const byLooks = alone.length > 0 ? alone : agreementOf(list, meetings);
  return [...byLooks, ...neuralEvidence(list, entry, terms)];
}

function meetingsOf(entry: CorpusEntry, looks: readonly Look[]): Meeting[] {
  return ([0, 1] as const).flatMap((variant) =>
    looks.map((look, place) => {
      const stored = variant === 0 ? entry : entry.trimmed;
      const distanceOf = (kind: "pdq" | "blockhash") => {
        const [ours, theirs] = [look[kind], stored?.[kind]];
        return ours === null || theirs === undefined ? null : bruteDistance(ours, theirs);
      };
      return {
        variant,
        place,
        transform: variant === 0 ? look.transform : trimmedTransform(look.transform),
        pdq: distanceOf("pdq"),
        blockhash: distanceOf("blockhash"),
      };
    }),
  );
}

function agreementOf({ agreement = { pdq: 0, blockhash: 0 } }: CorpusList, meetings: readonly Meeting[]): Evidence[] {
  const [nearest] = meetings
    .flatMap(({ pdq, blockhash, ...rest }) =>
      pdq === null || blockhash === null || pdq > agreement.pdq || blockhash > agreement.blockhash
        ? []
        : [{ ...rest, pdq, blockhash }],
    )
    .sort((a, b) => a.pdq - b.pdq || a.blockhash - b.blockhash || a.variant - b.variant || a.place - b.place);
  if (nearest === undefined) return [];
  const confirmedBy = { hash: "blockhash", distance: nearest.blockhash, threshold: agreement.blockhash } as const;
  const { pdq: distance, transform } = nearest;
  return [{ hash: "pdq", distance, threshold: agreement.pdq, transform, confirmedBy }];
}

function neuralEvidence(list: CorpusList, entry: CorpusEntry, { neural, match }: EntryTerms): Evidence[] {
  if ((match ?? list.match ?? "fast") === "fast") return [];
  if (neural === null || entry.neural === undefined || entry.neuralVersion !== neural.version) return [];
  const threshold = list.neural ?? 0;
  const distance = bruteDistance(neural.hash, entry.neural);
  if (distance > threshold) return [];
  const apart = neuralApart(neural.vector, storedVector(entry) ?? "");
  const vectorThreshold = list.neuralVector ?? 2000;
  if (apart > vectorThreshold) return [];
  const confirmedBy = { hash: "neural_vector", distance: apart, threshold: vectorThreshold } as const;
  return [{ hash: "neural", distance, threshold, transform: "identity", confirmedBy }];
}

export function inAnswerOrder(matches: readonly EntryMatch[]): EntryMatch[] {
  return [...matches].sort(
    (a, b) =>
      Number(a.confirmedBy !== null) - Number(b.confirmedBy !== null) ||
      a.distance - b.distance ||
      Number(a.entryId - b.entryId) ||
      SEARCHED_KINDS.indexOf(a.hash) - SEARCHED_KINDS.indexOf(b.hash),
  );
}

/**
 * A memory that compares everything: the rows it is given under the names of their tables (others it doesn't hold), and
 * among its answers some rows, repeats and owners that don't belong there.
 */
export function bruteView(
  rows: Readonly<Partial<Record<NearTable, readonly CorpusRow[]>>>,
  widest: Partial<Reach>,
  random: () => number,
): HotView {
  const neural = widest.neural ?? -1;
  return {
    widest: { pdq: 0, blockhash: 0, ...widest, neural, neuralAny: neural },
    async near(table, hashes, threshold) {
      const held = rows[table];
      if (held === undefined) return null;
      const kind = SEARCHED_KINDS.find((each) => table.endsWith(each)) ?? "pdq";
      const asked = hashes.map((hash) => writtenHash(kind, hash));
      const near = held.filter((row) => asked.some((hash) => bruteDistance(hash, row.hash) <= threshold));
      const garbage = held.filter(() => random() < 0.1).map(({ id }) => Number(id));
      const repeats = near.filter(() => random() < 0.2).map(({ id }) => Number(id));
      return [...garbage, ...near.map(({ id }) => Number(id)), 999_999_999_999, ...repeats];
    },
  };
}

function writtenHash(kind: SearchedKind, bits: IndexBits): string {
  return kind === "neural" ? bits.slice(1) : fromIndexBits(kind, bits);
}
