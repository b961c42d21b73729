import sharp from "sharp";
import type { Pixels } from "../src/fingerprint/fingerprint.ts";

/** The first frame at full size, upright, 8-bit sRGB, flattened on white: what the scores of the golden file are for. */
export async function readFullSizePixels(path: string): Promise<Pixels> {
  const { data, info } = await sharp(path)
    .autoOrient()
    .toColourspace("srgb")
    .flatten({ background: "#fff" })
    .removeAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true });
  return { data, width: info.width, height: info.height };
}
