import type { Look, PerceptualKind } from "../fingerprint/fingerprint.ts";
import type { Scores } from "../scores.ts";
import { searchedBits } from "./near-bits.ts";
import { bothCode, bothDecoded } from "./near-both.ts";
import { type NearSource, type NearStatement, nearRows, parameters, sourceName } from "./near-statement.ts";
import type { Thresholds } from "./near-view.ts";

/** What a seen image must be near to. */
export interface ImageTerms {
  /** Up to 16. One without both hashes is left out. */
  readonly looks: readonly Look[];
  /** Both must hold, in the same look and of the same stored variant. */
  readonly thresholds: Thresholds;
  /** Versions of the fingerprint whose hashes may be compared with these; images of others are not near. */
  readonly comparableVersions: readonly number[];
  /** The image that is asked about, if it is stored already. */
  readonly exceptImageId?: bigint;
  /** The model whose scores are wanted. */
  readonly model?: string;
}

export interface ImageRow {
  readonly image_id: string;
  readonly pdq_distance: number;
  readonly blockhash_distance: number;
  readonly variant: 0 | 1;
  readonly place: number;
  readonly scores: Scores | null;
}

/**
 * The statement that finds, among the images of the source, the nearest within both thresholds, and of those that are near
 * as they are, whole and not turned, the nearest whose scores are the model's own. Its rows are {@link ImageRow}s, at most
 * two: the first without scores, the second with.
 *
 * @param source over all the hashes of one kind of `terms.looks`, each of which has both
 */
export function imagesStatement(source: NearSource, terms: ImageTerms): NearStatement {
  const [first, second] =
    source.table === "image_pdq" ? (["pdq", "blockhash"] as const) : (["blockhash", "pdq"] as const);
  const into = parameters();
  const near = nearRows(source, into);
  const thresholds = { pdq: into.add(terms.thresholds.pdq), blockhash: into.add(terms.thresholds.blockhash) };
  const exceptId = into.add(terms.exceptImageId?.toString() ?? null);
  const model = into.add(terms.model ?? null);
  const versions = into.add(terms.comparableVersions);
  const codes = terms.looks.map((look, place) => {
    const distanceOf: Record<PerceptualKind, string> = { pdq: "", blockhash: "" };
    distanceOf[first] = `bit_count(near.bits # ${near.hashes[place]})`;
    distanceOf[second] = `bit_count(bits # ${into.add(searchedBits(second, look[second] ?? ""))})`;
    const within = `${distanceOf.pdq} <= ${thresholds.pdq}::int8 and ${distanceOf.blockhash} <= ${thresholds.blockhash}::int8`;
    return bothCode({ ...distanceOf, place }, within);
  });
  const unturned = terms.looks.findIndex(({ transform }) => transform === "identity");
  const best = bothDecoded("other.best");
  const whole = bothDecoded("whole");
  // The lateral joins with `offset 0` look one row up by its key, whatever number of rows the planner expects; the last two
  // go through the images in order, and only as far as they must.
  const text = `
    with near as materialized (
      select near.owner as image_id, near.variant, ${best.pdq} as pdq_distance, ${best.blockhash} as blockhash_distance,
        ${best.place} as place, case when near.variant = 0 then other.whole end as whole
      from (${near.text}) as near
      cross join lateral (
        select least(${codes.join(", ")}) as best, ${codes[unturned] ?? "null::int8"} as whole
        from image_${second} where image_id = near.owner and variant = near.variant offset 0
      ) as other
      where other.best is not null and (${exceptId}::int8 is null or near.owner <> ${exceptId}::int8)
    ),
    nearest_first as not materialized (
      select * from near order by pdq_distance, blockhash_distance, image_id, variant offset 0
    ),
    whole_first as not materialized (select * from near where whole is not null order by whole, image_id offset 0)
    (select near.image_id, pdq_distance, blockhash_distance, variant, place, null::json as scores
      from nearest_first as near
      cross join lateral (
        select from image where id = near.image_id and fingerprint_version = any (${versions}::int4[]) offset 0
      ) as image
      order by pdq_distance, blockhash_distance, near.image_id, variant limit 1)
    union all
    (select near.image_id, ${whole.pdq}, ${whole.blockhash}, variant, ${whole.place}, image.scores
      from whole_first as near
      cross join lateral (
        select scores from image
        where id = near.image_id and fingerprint_version = any (${versions}::int4[])
          and model = ${model}::text and scores is not null and scores_from is null offset 0
      ) as image
      where ${model}::text is not null
      order by whole, near.image_id limit 1)`;
  return { name: `near_both_${sourceName(source)}_${unturned}`, text, values: into.values };
}

export interface OneHashRow {
  readonly owner: string;
  readonly distance: number;
  readonly variant: 0 | 1;
}

/** The statement that finds the nearest `limit` images of the source, each once: {@link OneHashRow}s. */
export function oneHashStatement(
  source: NearSource,
  { comparableVersions, limit }: { readonly comparableVersions: readonly number[]; readonly limit: number },
): NearStatement {
  const into = parameters();
  const { text: near } = nearRows(source, into);
  const versions = into.add(comparableVersions);
  const text = `
    with nearest_first as not materialized (
      select * from (
        select distinct on (owner) owner, distance, variant from (${near}) as near order by owner, distance, variant
      ) as near
      order by distance, owner offset 0
    )
    select near.* from nearest_first as near
    cross join lateral (
      select from image where id = near.owner and fingerprint_version = any (${versions}::int4[]) offset 0
    ) as image
    order by distance, owner limit ${into.add(limit)}::int8`;
  return { name: `near_one_${sourceName(source)}`, text, values: into.values };
}
