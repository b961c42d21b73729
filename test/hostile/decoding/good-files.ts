import sharp, { type Sharp } from "sharp";
import { detailedPicture } from "../../support/pictures.ts";

/** A picture that is read as it is. */
export interface GoodFile {
  readonly format: "JPEG" | "PNG" | "GIF" | "WebP" | "AVIF";
  readonly name: string;
  readonly bytes: Buffer;
}

/** Pictures of all five formats, each written in the ways that take different paths through its decoder. */
export async function goodFiles(): Promise<GoodFile[]> {
  const png = await detailedPicture(77, 120, 90);
  const open = () => sharp(png);
  const seeThrough = () => open().ensureAlpha(0.5);
  const moving = () => sharp([png, png, png], { join: { animated: true } });
  const ways: readonly (readonly [GoodFile["format"], string, Sharp])[] = [
    ["JPEG", "baseline", open().jpeg()],
    ["JPEG", "progressive", open().jpeg({ progressive: true, chromaSubsampling: "4:4:4" })],
    ["JPEG", "grey", open().greyscale().jpeg()],
    ["JPEG", "CMYK", open().toColourspace("cmyk").jpeg()],
    ["JPEG", "turned, with a profile", open().withIccProfile("p3").withMetadata({ orientation: 6 }).jpeg()],
    ["PNG", "RGB", open().png()],
    ["PNG", "interlaced", open().png({ progressive: true })],
    ["PNG", "palette", open().png({ palette: true })],
    ["PNG", "16-bit, see-through", seeThrough().toColourspace("rgb16").png()],
    ["PNG", "with a profile and EXIF", open().withIccProfile("p3").withMetadata({ orientation: 3 }).png()],
    ["GIF", "still", open().gif()],
    ["GIF", "moving", moving().gif()],
    ["GIF", "interlaced", open().gif({ progressive: true })],
    ["WebP", "lossy", open().webp()],
    ["WebP", "lossless", open().webp({ lossless: true })],
    ["WebP", "see-through", seeThrough().webp()],
    ["WebP", "moving", moving().webp()],
    ["AVIF", "8-bit", open().avif({ effort: 0 })],
    ["AVIF", "10-bit, 4:4:4", open().avif({ effort: 0, bitdepth: 10, chromaSubsampling: "4:4:4" })],
    ["AVIF", "see-through", seeThrough().avif({ effort: 0 })],
  ];
  return Promise.all(ways.map(async ([format, name, image]) => ({ format, name, bytes: await image.toBuffer() })));
}
