import { toIndexBits } from "../fingerprint/bit-order.ts";
import { probeCount } from "../fingerprint/chunks.ts";
import type { PerceptualKind } from "../fingerprint/fingerprint.ts";
import type { NearDatabase, Thresholds } from "./near-search.ts";
import { type NearSource, nearRows, parameters, sourceName } from "./near-statement.ts";
import { cheaperStrategy, type NearStrategy, nearTableRows } from "./near-strategy.ts";

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
  /** Default: the cheaper one. */
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
 * seen. One index is probed, of the kind with the fewer probes; the other hash is compared by the image's id.
 */
export async function searchImages(database: NearDatabase, search: ImageSearch): Promise<ImageMatch | null> {
  const { thresholds } = search;
  const blockhashIsCheaper = probeCount(thresholds.blockhash) < probeCount(thresholds.pdq);
  const [first, second]: [PerceptualKind, PerceptualKind] = blockhashIsCheaper
    ? ["blockhash", "pdq"]
    : ["pdq", "blockhash"];
  const source = await imageSource(database, first, search[first], thresholds[first], search.strategy);
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
  /** Default: the cheaper one. */
  readonly strategy?: NearStrategy;
}

/** The seen images within the threshold of one perceptual hash, nearest first, then first seen first. */
export async function searchImagesByOneHash(
  database: NearDatabase,
  search: OneHashSearch,
): Promise<{ imageId: bigint; distance: number }[]> {
  const source = await imageSource(database, search.kind, search.hash, search.threshold, search.strategy);
  const into = parameters();
  const text = `select owner, distance from (${nearRows(source, into)}) as near
    order by distance, owner limit ${into.add(search.limit)}::int8`;
  const name = `near_one_${sourceName(source)}`;
  const { rows } = await database.searchPool.query<{ owner: string; distance: number }>({
    name,
    text,
    values: into.values,
  });
  return rows.map(({ owner, distance }) => ({ imageId: BigInt(owner), distance }));
}

async function imageSource(
  database: NearDatabase,
  kind: PerceptualKind,
  hash: string,
  threshold: number,
  chosen: NearStrategy | undefined,
): Promise<NearSource> {
  const table = `image_${kind}` as const;
  const strategy = chosen ?? cheaperStrategy((await nearTableRows(database.searchPool))[table], 1, threshold);
  return { table, hashes: [toIndexBits(kind, hash)], threshold, strategy };
}
