import { toIndexBits } from "../fingerprint/bit-order.ts";
import type { PerceptualKind } from "../fingerprint/fingerprint.ts";
import type { Scores } from "../scores.ts";
import {
  heldSource,
  type NearDatabase,
  type NearOptions,
  type NearQuery,
  nearSource,
  planTable,
} from "./near-source.ts";
import { isEmpty, type NearSource, nearRows, parameters, sourceName } from "./near-statement.ts";
import type { NearStrategy } from "./near-strategy.ts";
import type { Thresholds } from "./near-view.ts";

export interface ImageSearch extends NearOptions {
  /** 64 hex digits, of the picture as it is: seen images are not searched for its transforms. */
  readonly pdq: string;
  readonly blockhash: string;
  /** Both must hold. */
  readonly thresholds: Thresholds;
  /** The image that is asked about, if it is stored already. */
  readonly exceptImageId?: bigint;
  /** The model whose scores are wanted. */
  readonly model?: string;
}

export interface ImageMatch {
  readonly imageId: bigint;
  /** Bits. */
  readonly pdqDistance: number;
  readonly blockhashDistance: number;
}

export interface NearImages {
  /** Least PDQ distance, then least blockhash distance, then first seen. */
  readonly nearest: ImageMatch;
  /**
   * The nearest one that the model has scored itself, null where there is none. Images whose own scores were taken over
   * from another don't count, so scores never wander from copy to copy.
   */
  readonly scored: (ImageMatch & { readonly scores: Scores }) | null;
}

interface ImageRow {
  readonly image_id: string;
  readonly pdq_distance: number;
  readonly blockhash_distance: number;
  readonly scores: Scores | null;
}

/**
 * The nearest of the seen images within both thresholds, with its scores or the nearest that has some, in one statement;
 * null where no image is near. Candidates are found by one kind of hash: by PDQ in memory, otherwise by the kind
 * that is expected to be cheaper; the other hash is compared by the image's id.
 */
export async function searchImages(database: NearDatabase, search: ImageSearch): Promise<NearImages | null> {
  const { thresholds, view = null, strategy } = search;
  const query = (kind: PerceptualKind) => imageQuery(kind, search[kind], thresholds[kind]);
  const source =
    (await heldSource(view, query("pdq"))) ??
    (await cheaperSource(database, query("pdq"), query("blockhash"), strategy));
  if (isEmpty(source)) return null;
  const [first, second] =
    source.table === "image_pdq" ? (["pdq", "blockhash"] as const) : (["blockhash", "pdq"] as const);
  const into = parameters();
  const near = nearRows(source, into);
  const other = into.add(toIndexBits(second, search[second]));
  const otherThreshold = into.add(thresholds[second]);
  const exceptId = into.add(search.exceptImageId?.toString() ?? null);
  const model = into.add(search.model ?? null);
  // The lateral joins with `offset 0` look one row up by its key, whatever number of rows the planner expects; the second
  // one goes through the images in order, and only as far as it must.
  const text = `
    with near as materialized (
      select near.owner as image_id, near.distance as ${first}_distance, other.distance as ${second}_distance
      from (${near}) as near
      cross join lateral (
        select bit_count(bits # ${other})::int4 as distance from image_${second} where image_id = near.owner offset 0
      ) as other
      where other.distance <= ${otherThreshold}::int4 and (${exceptId}::int8 is null or near.owner <> ${exceptId}::int8)
    ),
    nearest_first as (select * from near order by pdq_distance, blockhash_distance, image_id offset 0)
    (select near.*, null::json as scores from nearest_first as near
      cross join lateral (select from image where id = near.image_id offset 0) as image
      order by pdq_distance, blockhash_distance, image_id limit 1)
    union all
    (select near.*, image.scores from nearest_first as near
      cross join lateral (
        select scores from image
        where id = near.image_id and model = ${model}::text and scores is not null and scores_from is null offset 0
      ) as image
      where ${model}::text is not null
      order by pdq_distance, blockhash_distance, image_id limit 1)`;
  const name = `near_both_${sourceName(source)}`;
  const { rows } = await database.searchPool.query<ImageRow>({ name, text, values: into.values });
  const nearest = rows.find(({ scores }) => scores === null);
  const scored = rows.find(({ scores }) => scores !== null);
  if (nearest === undefined) return null;
  return {
    nearest: imageMatch(nearest),
    scored: scored?.scores ? { ...imageMatch(scored), scores: scored.scores } : null,
  };
}

async function cheaperSource(
  database: NearDatabase,
  pdq: NearQuery,
  blockhash: NearQuery,
  strategy: NearStrategy | undefined,
): Promise<NearSource> {
  const byPdq = await planTable(database, pdq, strategy);
  const byBlockhash = await planTable(database, blockhash, strategy);
  return byBlockhash.microseconds < byPdq.microseconds ? byBlockhash.source : byPdq.source;
}

function imageMatch({ image_id, pdq_distance, blockhash_distance }: ImageRow): ImageMatch {
  return { imageId: BigInt(image_id), pdqDistance: pdq_distance, blockhashDistance: blockhash_distance };
}

export interface OneHashSearch extends NearOptions {
  readonly kind: PerceptualKind;
  /** 64 hex digits. */
  readonly hash: string;
  /** Bits, 0..256, inclusive. */
  readonly threshold: number;
  readonly limit: number;
}

/** The seen images within the threshold of one perceptual hash, nearest first, then first seen first. */
export async function searchImagesByOneHash(
  database: NearDatabase,
  search: OneHashSearch,
): Promise<{ imageId: bigint; distance: number }[]> {
  const source = await nearSource(database, imageQuery(search.kind, search.hash, search.threshold), search);
  if (isEmpty(source)) return [];
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

function imageQuery(kind: PerceptualKind, hash: string, threshold: number): NearQuery {
  return { table: `image_${kind}`, hashes: [toIndexBits(kind, hash)], threshold };
}
