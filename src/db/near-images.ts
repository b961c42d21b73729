import { toIndexBits } from "../fingerprint/bit-order.ts";
import type { PerceptualKind } from "../fingerprint/fingerprint.ts";
import type { Scores } from "../scores.ts";
import { type BothHashes, type ImageRow, imagesStatement, oneHashStatement } from "./near-image-statement.ts";
import {
  DEEPENING_STEPS,
  heldSource,
  type NearDatabase,
  type NearOptions,
  type NearQuery,
  planTable,
} from "./near-source.ts";
import { isEmpty, type NearSource } from "./near-statement.ts";
import type { NearStrategy } from "./near-strategy.ts";

export type ImageSearch = BothHashes & NearOptions;

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
  const { rows } = await database.searchPool.query<ImageRow>(imagesStatement(source, search));
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
  /** How many suffice: the search may stop with the nearest images once it has found so many. Default: the limit. */
  readonly enough?: number;
}

/**
 * The seen images within the threshold of one perceptual hash, nearest first, then first seen first. Thresholds are
 * deepened step by step as long as steps are cheap beside the whole: where enough images are very near, a few probes find
 * them.
 */
export async function searchImagesByOneHash(
  database: NearDatabase,
  search: OneHashSearch,
): Promise<{ imageId: bigint; distance: number }[]> {
  const { kind, hash, threshold, limit, enough = limit, view = null, strategy } = search;
  const whole = imageQuery(kind, hash, threshold);
  const held = await heldSource(view, whole);
  if (held !== null) return await nearestImages(database, held, limit);
  const plan = await planTable(database, whole, strategy);
  for (const step of DEEPENING_STEPS.filter((step) => step < threshold)) {
    const { source, microseconds } = await planTable(database, imageQuery(kind, hash, step), strategy);
    if (microseconds > plan.microseconds * STEP_COST_MAX) break;
    const found = await nearestImages(database, source, limit);
    if (found.length >= Math.min(enough, limit)) return found;
  }
  return await nearestImages(database, plan.source, limit);
}

/** Most that a step may cost, of what the whole search does: most steps find too few images, and are lost. */
const STEP_COST_MAX = 1 / 7;

async function nearestImages(
  { searchPool }: NearDatabase,
  source: NearSource,
  limit: number,
): Promise<{ imageId: bigint; distance: number }[]> {
  if (isEmpty(source)) return [];
  const { rows } = await searchPool.query<{ owner: string; distance: number }>(oneHashStatement(source, limit));
  return rows.map(({ owner, distance }) => ({ imageId: BigInt(owner), distance }));
}

function imageQuery(kind: PerceptualKind, hash: string, threshold: number): NearQuery {
  return { table: `image_${kind}`, hashes: [toIndexBits(kind, hash)], threshold };
}
