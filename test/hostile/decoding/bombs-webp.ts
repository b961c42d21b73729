import sharp, { type WebpOptions } from "sharp";
import type { Bomb } from "./hostile-file.ts";

function uint24(value: number): number[] {
  return [value & 255, (value >> 8) & 255, (value >> 16) & 255];
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value >>> 0);
  return bytes;
}

/** RIFF: a name, a length and, where that is odd, a byte of nothing. */
function chunk(name: string, data: Buffer, length = data.length): Buffer {
  return Buffer.concat([Buffer.from(name), uint32(length), data, Buffer.alloc(data.length % 2)]);
}

function riff(chunks: readonly Buffer[], length?: number): Buffer {
  const content = Buffer.concat([Buffer.from("WEBP"), ...chunks]);
  return Buffer.concat([Buffer.from("RIFF"), uint32(length ?? content.length), content]);
}

/** The extended header: features, and the canvas less one each way. */
function canvas(width: number, height: number, features: number): Buffer {
  return chunk("VP8X", Buffer.from([features, 0, 0, 0, ...uint24(width - 1), ...uint24(height - 1)]));
}

const ANIMATED = 2;
const HAS_PROFILE = 32;
const HAS_ALPHA = 16;

async function coded(options: WebpOptions, side = 16): Promise<Buffer> {
  const webp = await sharp({ create: { width: side, height: side, channels: 3, background: "#882244" } })
    .webp(options)
    .toBuffer();
  return webp.subarray(12);
}

/** One frame of an animation. */
function frame(picture: Buffer, width: number, height: number): Buffer {
  return chunk(
    "ANMF",
    Buffer.concat([Buffer.from([0, 0, 0, 0, 0, 0, ...uint24(width - 1), ...uint24(height - 1), 10, 0, 0, 0]), picture]),
  );
}

const loop = chunk("ANIM", Buffer.alloc(6));

async function animated(width: number, height: number, frames: number, frameSide = 16): Promise<Buffer> {
  const one = frame(await coded({ lossless: true }), frameSide, frameSide);
  return riff([canvas(width, height, ANIMATED), loop, Buffer.concat(Array<Buffer>(frames).fill(one))]);
}

/** The picture's own header with other sizes in it. */
async function lossySize(width: number, height: number): Promise<Buffer> {
  const picture = await coded({ quality: 50 });
  picture.writeUInt16LE(width, 14);
  picture.writeUInt16LE(height, 16);
  return riff([picture]);
}

async function losslessSize(width: number, height: number): Promise<Buffer> {
  const picture = await coded({ lossless: true });
  picture.writeUInt32LE(((width - 1) | ((height - 1) << 14)) >>> 0, 9);
  return riff([picture]);
}

/** Canvases, frames and lengths that lie, and floods of frames. */
export const WEBP_BOMBS: readonly Bomb[] = [
  {
    name: "canvas of 16777216 x 16777216",
    make: async () => riff([canvas(2 ** 24, 2 ** 24, 0), await coded({ lossless: true })]),
  },
  {
    name: "canvas of 16384 x 16384 around 16 x 16",
    make: async () => riff([canvas(16_384, 16_384, 0), await coded({ lossless: true })]),
  },
  {
    name: "canvas within the limits around 16 x 16",
    make: async () => riff([canvas(6_000, 6_600, HAS_ALPHA), await coded({ lossless: true })]),
  },
  { name: "lossy header of 16383 x 16383", make: () => lossySize(16_383, 16_383) },
  { name: "lossy header of 6000 x 6600", make: () => lossySize(6_000, 6_600) },
  { name: "lossy header of no size", make: () => lossySize(0, 0) },
  { name: "lossless header of 16384 x 16384", make: () => losslessSize(16_384, 16_384) },
  { name: "lossless header of 6000 x 6600", make: () => losslessSize(6_000, 6_600) },
  {
    name: "39.6 megapixels, lossless and flat",
    slow: true,
    make: async () => riff([await coded({ lossless: true, effort: 0 }, 6_290)]),
  },
  {
    name: "39.6 megapixels, lossy and flat",
    slow: true,
    make: async () => riff([await coded({ quality: 10, effort: 0 }, 6_290)]),
  },
  { name: "100,000 frames of 16 x 16", make: () => animated(16, 16, 100_000) },
  { name: "11 frames on 2000 x 2000", make: () => animated(2_000, 2_000, 11) },
  { name: "9 frames on 2000 x 2000", make: () => animated(2_000, 2_000, 9) },
  { name: "frame larger than the canvas", make: () => animated(16, 16, 1, 6_000) },
  { name: "length beyond the file", make: async () => riff([await coded({})], 0x7fff_fff0) },
  { name: "length of nothing", make: async () => riff([await coded({})], 0) },
  { name: "chunk of 4 GiB", make: () => riff([chunk("VP8 ", Buffer.alloc(30), 0xffff_fff0)]) },
  {
    name: "profile of 10 MB",
    make: async () => riff([canvas(16, 16, HAS_PROFILE), chunk("ICCP", Buffer.alloc(10_000_000, 9)), await coded({})]),
  },
  {
    name: "transparency of rubbish",
    make: async () => riff([canvas(16, 16, HAS_ALPHA), chunk("ALPH", Buffer.alloc(5_000, 0xa5)), await coded({})]),
  },
  {
    name: "200,000 unknown chunks",
    make: async () =>
      riff([canvas(16, 16, 0), Buffer.concat(Array(200_000).fill(chunk("JUNK", Buffer.alloc(2)))), await coded({})]),
  },
  { name: "cut in its pixels", make: async () => riff([await coded({ quality: 90 }, 600)]).subarray(0, 200) },
];
