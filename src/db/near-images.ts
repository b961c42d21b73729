import { toIndexBits } from "../fingerprint/bit-order.ts";
import { probeCount } from "../fingerprint/chunks.ts";
import type { PerceptualKind } from "../fingerprint/fingerprint.ts";
import type { NearDatabase } from "./near-search.ts";
import { isEmpty, type NearSource, nearRows, parameters, sourceName } from "./near-statement.ts";
import { chooseStrategy, type NearStrategy } from "./near-strategy.ts";
import type { HotView, Thresholds } from "./near-view.ts";

export interface ImageSearch {
  /** 64 hex digits, of the picture as it is: seen images are not searched for its transforms. */
  readonly pdq: string;
  readonly blockhash: string;
  /** Both must hold. */
  readonly thresholds: Thresholds;
  /** The image that is asked about, if it is stored already. */
  readonly exceptImageId?: bigint;
  /**
   * Only images that this very model has scored. Images whose own scores were taken over from another don't count, so
   * scores never wander from copy to copy.
   */
  readonly scoredBy?: string;
  /** Asked first for the rows to compare; the answers are those of the view's moment. */
  readonly view?: HotView | null;
  /** How to search what the view can't answer. Default: the cheaper way. */
  readonly strategy?: NearStrategy;
}

export interface ImageMatch {
  readonly imageId: bigint;
  /** Bits. */
  readonly pdqDistance: number;
  readonly blockhashDistance: number;
}

/**
 * The nearest seen image within both thresholds, or null: least PDQ distance, then least blockhash distance, then first
 * seen. Candidates are found by one kind of hash: by PDQ in memory, otherwise by the kind with the fewer probes; the other
 * hash is compared by the image's id.
 */
export async function searchImages(database: NearDatabase, search: ImageSearch): Promise<ImageMatch | null> {
  const { thresholds, strategy, view = null } = search;
  const hashOf = (kind: PerceptualKind): ImageHash => ({ kind, hash: search[kind], threshold: thresholds[kind] });
  const source =
    (await heldSource(view, hashOf("pdq"))) ?? (await tableSource(database, hashOf(fewerProbes(thresholds)), strategy));
  if (isEmpty(source)) return null;
  const [first, second] = source.kind === "pdq" ? (["pdq", "blockhash"] as const) : (["blockhash", "pdq"] as const);
  const into = parameters();
  const near = nearRows(source, into);
  const other = into.add(toIndexBits(second, search[second]));
  const otherThreshold = into.add(thresholds[second]);
  const exceptId = into.add(search.exceptImageId?.toString() ?? null);
  const scoredBy = into.add(search.scoredBy ?? null);
  // The lateral joins with `offset 0` look one row up by its key, whatever number of rows the planner expects.
  const text = `
    select near.owner as image_id, near.distance as ${first}_distance, other.distance as ${second}_distance
    from (${near}) as near
    cross join lateral (
      select bit_count(bits # ${other})::int4 as distance from image_${second} where image_id = near.owner offset 0
    ) as other
    cross join lateral (
      select from image where id = near.owner
        and (${scoredBy}::text is null or (model = ${scoredBy}::text and scores is not null and scores_from is null))
      offset 0
    ) as image
    where other.distance <= ${otherThreshold}::int4 and (${exceptId}::int8 is null or near.owner <> ${exceptId}::int8)
    order by pdq_distance, blockhash_distance, image_id limit 1`;
  const { rows } = await database.searchPool.query<{
    image_id: string;
    pdq_distance: number;
    blockhash_distance: number;
  }>({ name: `near_both_${sourceName(source)}`, text, values: into.values });
  const row = rows[0];
  if (row === undefined) return null;
  return { imageId: BigInt(row.image_id), pdqDistance: row.pdq_distance, blockhashDistance: row.blockhash_distance };
}

export interface OneHashSearch {
  readonly kind: PerceptualKind;
  /** 64 hex digits. */
  readonly hash: string;
  /** Bits, 0..256, inclusive. */
  readonly threshold: number;
  readonly limit: number;
  /** Asked first for the rows to compare; the answers are those of the view's moment. */
  readonly view?: HotView | null;
  /** How to search what the view can't answer. Default: the cheaper way. */
  readonly strategy?: NearStrategy;
}

/** The seen images within the threshold of one perceptual hash, nearest first, then first seen first. */
export async function searchImagesByOneHash(
  database: NearDatabase,
  search: OneHashSearch,
): Promise<{ imageId: bigint; distance: number }[]> {
  const { limit, view = null, strategy } = search;
  const source = (await heldSource(view, search)) ?? (await tableSource(database, search, strategy));
  if (isEmpty(source)) return [];
  const into = parameters();
  const text = `select owner, distance from (${nearRows(source, into)}) as near
    order by distance, owner limit ${into.add(limit)}::int8`;
  const name = `near_one_${sourceName(source)}`;
  const { rows } = await database.searchPool.query<{ owner: string; distance: number }>({
    name,
    text,
    values: into.values,
  });
  return rows.map(({ owner, distance }) => ({ imageId: BigInt(owner), distance }));
}

type ImageHash = Pick<OneHashSearch, "kind" | "hash" | "threshold">;

type ImageSource = NearSource & { readonly kind: PerceptualKind };

function fewerProbes({ pdq, blockhash }: Thresholds): PerceptualKind {
  return probeCount(blockhash) < probeCount(pdq) ? "blockhash" : "pdq";
}

/** The source with candidates from memory; null where memory can't answer. */
async function heldSource(view: HotView | null, { kind, hash, threshold }: ImageHash): Promise<ImageSource | null> {
  const table = `image_${kind}` as const;
  const hashes = [toIndexBits(kind, hash)];
  const candidates = (await view?.near(table, hashes, threshold)) ?? null;
  return candidates === null ? null : { kind, table, hashes, threshold, candidates };
}

async function tableSource(
  database: NearDatabase,
  { kind, hash, threshold }: ImageHash,
  strategy: NearStrategy | undefined,
): Promise<ImageSource> {
  const table = `image_${kind}` as const;
  const candidates = strategy ?? (await chooseStrategy(database, table, 1, threshold));
  return { kind, table, hashes: [toIndexBits(kind, hash)], threshold, candidates };
}
