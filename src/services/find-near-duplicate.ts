import { searchImages } from "../db/near-images.ts";
import type { HotView } from "../db/near-view.ts";
import type { Look } from "../fingerprint/fingerprint.ts";
import { REUSE_THRESHOLDS } from "../fingerprint/reuse.ts";
import { COMPARABLE_VERSIONS } from "../fingerprint/version.ts";
import type { Scores } from "../worker/protocol.ts";
import type { NearImage } from "./check-result.ts";
import type { AppContext } from "./context.ts";
import { publicId } from "./ids.ts";

export interface NearDuplicate {
  /** The nearest image seen before. */
  readonly nearest: NearImage;
  /** The nearest one whose scores the present model gave itself; null where there is none. */
  readonly scored: { readonly imageId: bigint; readonly scores: Scores } | null;
}

/**
 * The image seen before that looks the same in one of the looks: within the reuse thresholds by PDQ and by blockhash.
 * Null where there is none.
 */
export async function findNearDuplicate(
  ctx: AppContext,
  looks: readonly Look[],
  exceptImageId: bigint | null,
  view: HotView | null,
): Promise<NearDuplicate | null> {
  if (looks.length === 0) return null;
  const search = {
    looks,
    thresholds: REUSE_THRESHOLDS,
    comparableVersions: COMPARABLE_VERSIONS,
    model: ctx.workers.model.id,
    view,
    ...(exceptImageId !== null && { exceptImageId }),
  };
  const found = await ctx.replicas.search(view?.lsn ?? null, (db) => searchImages(db, search));
  if (found === null) return null;
  const { nearest, scored } = found;
  return {
    nearest: {
      imageId: publicId("image", nearest.imageId),
      hash: "pdq",
      distance: nearest.pdqDistance,
      transform: nearest.transform,
    },
    scored,
  };
}
