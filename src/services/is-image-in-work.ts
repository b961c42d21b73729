import { isImageClaimed } from "../db/image-claims.ts";
import type { AppContext } from "./context.ts";

/** True while some request, in any process, decodes or classifies the image with this SHA-1. */
export async function isImageInWork(ctx: AppContext, sha1: string): Promise<boolean> {
  return await isImageClaimed(ctx.db, "sha1", sha1);
}
