import { toIndexBits } from "../fingerprint/bit-order.ts";
import type { Scores } from "../scores.ts";
import { type NearSource, type NearStatement, nearRows, parameters, sourceName } from "./near-statement.ts";
import type { Thresholds } from "./near-view.ts";

/** What a seen image must be near to. */
export interface BothHashes {
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

export interface ImageRow {
  readonly image_id: string;
  readonly pdq_distance: number;
  readonly blockhash_distance: number;
  readonly scores: Scores | null;
}

/**
 * The statement that finds, among the images of the source, the nearest within both thresholds and the nearest of those
 * whose scores are the model's own. Its rows are {@link ImageRow}s, at most two: the first without scores, the second with.
 */
export function imagesStatement(source: NearSource, search: BothHashes): NearStatement {
  const [first, second] =
    source.table === "image_pdq" ? (["pdq", "blockhash"] as const) : (["blockhash", "pdq"] as const);
  const into = parameters();
  const near = nearRows(source, into);
  const other = into.add(toIndexBits(second, search[second]));
  const otherThreshold = into.add(search.thresholds[second]);
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
    nearest_first as not materialized (select * from near order by pdq_distance, blockhash_distance, image_id offset 0)
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
  return { name: `near_both_${sourceName(source)}`, text, values: into.values };
}

/** The statement that finds the nearest `limit` images of the source: rows of `owner` and `distance`. */
export function oneHashStatement(source: NearSource, limit: number): NearStatement {
  const into = parameters();
  const text = `select owner, distance from (${nearRows(source, into)}) as near
    order by distance, owner limit ${into.add(limit)}::int8`;
  return { name: `near_one_${sourceName(source)}`, text, values: into.values };
}
