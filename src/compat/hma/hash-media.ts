import { checkImage } from "../../services/check-image.ts";
import type { CheckResult } from "../../services/check-result.ts";
import type { RequestContext } from "../../services/context.ts";
import { ALL_LISTS } from "../../services/look-up-gate.ts";
import { requireScopeOfKey } from "../../services/require-scope.ts";
import type { Media } from "./media.ts";
import { NO_SIGNAL, type SignalType } from "./signals.ts";

/** What something sent was hashed to. */
export interface Hashed {
  readonly type: SignalType;
  /** NO_SIGNAL for a picture without enough detail to be matched by. */
  readonly signal: string;
  /** Null for a video, of which nothing is decoded. */
  readonly check: CheckResult | null;
}

/**
 * Hashes what was sent. A picture has to be decoded, so that it is checked, counted and charged as one; nothing is decoded
 * of a video, whose MD5 costs nothing.
 * @throws AppError as checkImage
 */
export async function hashMedia(ctx: RequestContext, media: Media): Promise<Hashed> {
  if (media.type === "video") {
    requireScopeOfKey(ctx, "check");
    return { type: "video_md5", signal: (await media.source.digests()).md5, check: null };
  }
  const check = await checkImage(ctx, { source: media.source, lists: ALL_LISTS, classify: "never" });
  const { detail, pdq } = check.fingerprint;
  return { type: "pdq", signal: detail === "sufficient" && pdq !== null ? pdq : NO_SIGNAL, check };
}
