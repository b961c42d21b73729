import { AVIF_BOMBS } from "./bombs-avif.ts";
import { GIF_BOMBS } from "./bombs-gif.ts";
import { JPEG_BOMBS } from "./bombs-jpeg.ts";
import { PNG_BOMBS } from "./bombs-png.ts";
import { WEBP_BOMBS } from "./bombs-webp.ts";
import type { HostileFile } from "./hostile-file.ts";

const GROUPS = { PNG: PNG_BOMBS, GIF: GIF_BOMBS, JPEG: JPEG_BOMBS, WebP: WEBP_BOMBS, AVIF: AVIF_BOMBS };

export const BOMB_COUNT = Object.values(GROUPS).reduce((sum, bombs) => sum + bombs.length, 0);

/** Every generated file, or only those that are `quick`, one after another: some are of several megabytes. */
export async function* bombs({ quick = false } = {}): AsyncGenerator<HostileFile> {
  for (const [format, group] of Object.entries(GROUPS)) {
    for (const { name, slow = false, make } of group)
      if (!(quick && slow)) yield { corpus: `bombs ${format}`, name, bytes: await make() };
  }
}
