import fc from "fast-check";
import type { MatchMode } from "../../src/db/near-search.ts";
import type { Look } from "../../src/fingerprint/fingerprint.ts";
import { type NeuralHash, neuralBits, neuralHashOf } from "../../src/fingerprint/neural.ts";
import { MATCH_TRANSFORMS } from "../../src/fingerprint/transform.ts";
import { type CorpusEntry, type CorpusList, flip, randomHash, seededRandom } from "./near-corpus.ts";
import { drawnVector } from "./near-vectors.ts";

/** A small database, and what it is searched for. */
export interface SmallSearch {
  readonly lists: readonly CorpusList[];
  readonly entries: readonly CorpusEntry[];
  readonly looks: readonly Look[];
  readonly terms: {
    readonly neural: NeuralHash | null;
    readonly match: MatchMode;
    readonly comparableVersions: readonly number[];
    readonly listIds: readonly bigint[] | null;
  };
  /** The widest of all thresholds, bits. */
  readonly widest: number;
}

const random = seededRandom(11);
const CENTRES = ["0".repeat(64), randomHash(random)];

/** Hashes that are near one of a few, and so near each other often enough. */
const hash = fc
  .tuple(fc.nat(1), fc.array(fc.nat(255), { maxLength: 30, size: "max" }))
  .map(([centre, bits]) => flip(CENTRES[centre] ?? "", [...new Set(bits)]));
const maybe = fc.option(hash, { nil: undefined, freq: 6 });
const version = fc.constantFrom("a", "a", "b");
/** Its sizes are of few kinds and often equal, so how far apart two vectors point and how many bits are two matters. */
const vector = fc
  .tuple(hash, fc.nat(1), fc.constantFrom(0 as const, 1 as const, 4 as const))
  .map(([signs, seed, unevenness]) => drawnVector(signs, seededRandom(seed), unevenness));

/** Three lists, up to 25 entries of all kinds, up to 16 looks; thresholds of up to `most` bits. */
export function smallSearch(most: number): fc.Arbitrary<SmallSearch> {
  const bits = fc.nat(most);
  const list = fc.record({
    pdq: fc.nat(most >> 1),
    blockhash: fc.nat(most >> 1),
    agreement: fc.record({ pdq: fc.integer({ min: 30, max: 130 }), blockhash: bits }),
    neural: bits,
    neuralVector: fc.oneof(fc.constant(2000), fc.nat(600)),
    match: fc.constantFrom("fast" as const, "robust" as const),
  });
  const entry = fc.record({
    list: fc.integer({ min: 1, max: 3 }),
    pdq: maybe,
    blockhash: maybe,
    trimmed: fc.option(fc.record({ pdq: maybe, blockhash: maybe }), { nil: undefined }),
    neural: fc.option(fc.tuple(version, vector), { nil: undefined }),
    fingerprintVersion: fc.constantFrom(undefined, 1, 2, 3),
  });
  const look = fc.record({
    transform: fc.constantFrom(...MATCH_TRANSFORMS),
    pdq: fc.option(hash, { freq: 6 }),
    blockhash: fc.option(hash, { freq: 6 }),
  });
  const asked = fc.record({
    neural: fc.option(fc.tuple(version, vector).map((made) => neuralHashOf(...made))),
    match: fc.constantFrom("fast" as const, "robust" as const, "robust" as const, null),
    comparableVersions: fc.subarray([1, 2, 3], { minLength: 1 }),
    listIds: fc.option(fc.subarray([1n, 2n, 3n])),
  });
  return fc
    .record({
      lists: fc.tuple(list, list, list),
      entries: fc.array(entry, { maxLength: 25, size: "max" }),
      looks: fc.array(look, { maxLength: 16 }),
      terms: asked,
    })
    .map(({ lists, entries, looks, terms }) => ({
      lists: lists.map((each, i) => ({ ...each, id: BigInt(i + 1), name: `list ${i + 1}` })),
      entries: entries.map(({ list, ...each }, i) => corpusEntry(BigInt(i + 1), BigInt(list), each)),
      looks,
      terms,
      widest: Math.max(
        ...lists.flatMap(({ pdq, blockhash, agreement, neural }) => [pdq, blockhash, agreement.blockhash, neural]),
      ),
    }));
}

interface DrawnHashes {
  readonly pdq: string | undefined;
  readonly blockhash: string | undefined;
}

interface Drawn extends DrawnHashes {
  readonly trimmed: DrawnHashes | undefined;
  readonly neural: readonly [string, string] | undefined;
  readonly fingerprintVersion: number | undefined;
}

function corpusEntry(
  id: bigint,
  listId: bigint,
  { pdq, blockhash, trimmed, neural, fingerprintVersion }: Drawn,
): CorpusEntry {
  return {
    id,
    listId,
    ...(pdq !== undefined && { pdq }),
    ...(blockhash !== undefined && { blockhash }),
    ...(trimmed !== undefined && {
      trimmed: {
        ...(trimmed.pdq !== undefined && { pdq: trimmed.pdq }),
        ...(trimmed.blockhash !== undefined && { blockhash: trimmed.blockhash }),
      },
    }),
    ...(neural !== undefined && { neuralVersion: neural[0], neural: neuralBits(neural[1]), vector: neural[1] }),
    ...(fingerprintVersion !== undefined && { fingerprintVersion }),
  };
}
