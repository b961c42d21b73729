import { basename } from "node:path";
import sharp, { type Sharp } from "sharp";
import type { Pixels } from "../../src/fingerprint/fingerprint.ts";
import { decodeFull } from "../../src/image/decode-image.ts";

/** A photo before any attack: upright, 8-bit sRGB, three channels. */
export interface Base extends Pixels {
  /** 32 bits that depend on nothing but the file's name. */
  readonly seed: number;
}

/**
 * @param bytes of the file
 * @param path of which only the file's name counts
 * @throws AppError as decodeFull does
 */
export async function readBase(bytes: Uint8Array, path: string): Promise<Base> {
  return { ...(await decodeFull(bytes)), seed: seedOf(basename(path)) };
}

/** FNV-1a, 32 bits. */
export function seedOf(text: string): number {
  let hash = 0x811c9dc5;
  for (const byte of Buffer.from(text)) hash = Math.imul(hash ^ byte, 0x01000193);
  return hash >>> 0;
}

/** The base as the start of a pipeline. */
export function open({ data, width, height }: Pixels): Sharp {
  return sharp(data, { raw: { width, height, channels: 3 } });
}

/** A lossless file, not compressed: that would take longer than most attacks. */
export async function toPng(picture: Sharp): Promise<Buffer> {
  return await picture.removeAlpha().png({ compressionLevel: 0 }).toBuffer();
}

/** The result of a pipeline as pixels again, for steps that must not be reordered. */
export async function toPixels(picture: Sharp): Promise<Pixels> {
  const { data, info } = await picture.removeAlpha().raw().toBuffer({ resolveWithObject: true });
  if (info.channels !== 3) throw new Error(`Expected 3 channels but received ${info.channels}`);
  return { data, width: info.width, height: info.height };
}
