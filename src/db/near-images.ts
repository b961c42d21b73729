import type { Look, PerceptualKind } from "../fingerprint/fingerprint.ts";
import { type MatchTransform, trimmedTransform } from "../fingerprint/transform.ts";
import type { Scores } from "../scores.ts";
import { searchedBits } from "./near-bits.ts";
import {
  type ImageRow,
  type ImageTerms,
  imagesStatement,
  type OneHashRow,
  oneHashStatement,
} from "./near-image-statement.ts";
import {
  DEEPENING_STEPS,
  heldSource,
  type NearDatabase,
  type NearOptions,
  type NearQuery,
  planTable,
} from "./near-source.ts";
import { HASHES_MAX, isEmpty, type NearSource } from "./near-statement.ts";
import type { NearStrategy } from "./near-strategy.ts";

export type ImageSearch = ImageTerms & NearOptions;

export interface ImageMatch {
  readonly imageId: bigint;
  /** Bits, both in the look that `transform` names. */
  readonly pdqDistance: number;
  readonly blockhashDistance: number;
  /** The nearest look; trimmed where that look or the seen image's picture is. */
  readonly transform: MatchTransform;
}

export interface NearImages {
  /** Least PDQ distance, then least blockhash distance, then first seen. */
  readonly nearest: ImageMatch;
  /**
   * The nearest one that the model has scored itself, null where there is none. Only images that are within both thresholds
   * as they are, whole and not turned, since the model may see a turned picture otherwise. Images whose own scores were
   * taken over from another don't count, so scores never wander from copy to copy.
   */
  readonly scored: (ImageMatch & { readonly scores: Scores }) | null;
}

/**
 * The nearest of the seen images within both thresholds in one of the looks, with its scores or the nearest that has some,
 * in one statement; null where no image is near. Candidates are found by one kind of hash: by PDQ in memory, otherwise by
 * the kind that is expected to be cheaper; the other hash is compared by the image's id.
 *
 * @throws RangeError with more than 16 looks, or a hash that isn't 64 hex digits
 */
export async function searchImages(database: NearDatabase, search: ImageSearch): Promise<NearImages | null> {
  const { thresholds, view = null, strategy } = search;
  const looks = search.looks.filter(({ pdq, blockhash }) => pdq !== null && blockhash !== null);
  if (looks.length > HASHES_MAX) {
    throw new RangeError(`Expected at most ${HASHES_MAX} looks but received ${looks.length}`);
  }
  if (looks.length === 0) return null;
  const query = (kind: PerceptualKind) =>
    imageQuery(
      kind,
      looks.map((look) => look[kind] ?? ""),
      thresholds[kind],
    );
  const source =
    (await heldSource(view, query("pdq"))) ??
    (await cheaperSource(database, query("pdq"), query("blockhash"), strategy));
  if (isEmpty(source)) return null;
  const { rows } = await database.searchPool.query<ImageRow>(imagesStatement(source, { ...search, looks }));
  const nearest = rows.find(({ scores }) => scores === null);
  const scored = rows.find(({ scores }) => scores !== null);
  if (nearest === undefined) return null;
  return {
    nearest: imageMatch(nearest, looks),
    scored: scored?.scores ? { ...imageMatch(scored, looks), scores: scored.scores } : null,
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

function imageMatch(row: ImageRow, looks: readonly Look[]): ImageMatch {
  const look = looks[row.place]?.transform ?? "identity";
  return {
    imageId: BigInt(row.image_id),
    pdqDistance: row.pdq_distance,
    blockhashDistance: row.blockhash_distance,
    transform: row.variant === 1 ? trimmedTransform(look) : look,
  };
}

export interface OneHashSearch extends NearOptions {
  readonly kind: PerceptualKind;
  /** 64 hex digits. */
  readonly hash: string;
  /** Bits, 0..256, inclusive. */
  readonly threshold: number;
  /** Versions of the fingerprint whose hashes may be compared with this one; images of others are not near. */
  readonly comparableVersions: readonly number[];
  readonly limit: number;
  /** How many suffice: the search may stop with the nearest images once it has found so many. Default: the limit. */
  readonly enough?: number;
}

export interface OneHashMatch {
  readonly imageId: bigint;
  /** Bits, from the nearer of its whole and its trimmed picture. */
  readonly distance: number;
  readonly transform: "identity" | "trimmed";
}

/**
 * The seen images within the threshold of one perceptual hash, whole or trimmed, nearest first, then first seen first.
 * Thresholds are deepened step by step as long as steps are cheap beside the whole: where enough images are very near, a
 * few probes find them.
 */
export async function searchImagesByOneHash(database: NearDatabase, search: OneHashSearch): Promise<OneHashMatch[]> {
  const { kind, hash, threshold, limit, enough = limit, view = null, strategy } = search;
  const whole = imageQuery(kind, [hash], threshold);
  const held = await heldSource(view, whole);
  if (held !== null) return await nearestImages(database, held, search);
  const plan = await planTable(database, whole, strategy);
  for (const step of DEEPENING_STEPS.filter((step) => step < threshold)) {
    const { source, microseconds } = await planTable(database, imageQuery(kind, [hash], step), strategy);
    if (microseconds > plan.microseconds * STEP_COST_MAX) break;
    const found = await nearestImages(database, source, search);
    if (found.length >= Math.min(enough, limit)) return found;
  }
  return await nearestImages(database, plan.source, search);
}

/** Most that a step may cost, of what the whole search does: most steps find too few images, and are lost. */
const STEP_COST_MAX = 1 / 7;

async function nearestImages(
  { searchPool }: NearDatabase,
  source: NearSource,
  search: OneHashSearch,
): Promise<OneHashMatch[]> {
  if (isEmpty(source)) return [];
  const { rows } = await searchPool.query<OneHashRow>(oneHashStatement(source, search));
  return rows.map(({ owner, distance, variant }) => ({
    imageId: BigInt(owner),
    distance,
    transform: variant === 1 ? "trimmed" : "identity",
  }));
}

function imageQuery(kind: PerceptualKind, hashes: readonly string[], threshold: number): NearQuery {
  return { table: `image_${kind}`, hashes: hashes.map((hash) => searchedBits(kind, hash)), threshold };
}
