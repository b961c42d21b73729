import sharp, { type JpegOptions } from "sharp";
import { withJpegSize } from "../../support/image-bytes.ts";
import { type Bomb, uint16, uint32 } from "./hostile-file.ts";

const START = Buffer.of(0xff, 0xd8);

/** JPEG (ITU-T T.81): a marker, and a length that counts itself. */
function segment(marker: number, data: Uint8Array, length = data.length + 2): Buffer {
  return Buffer.concat([Buffer.of(0xff, marker), uint16(length), data]);
}

const drawn = (options: JpegOptions = {}, side = 64) =>
  sharp({ create: { width: side, height: side, channels: 3, background: "#4466aa" } })
    .jpeg(options)
    .toBuffer();

/** The picture with segments behind its start. */
async function withSegments(...segments: readonly Buffer[]): Promise<Buffer> {
  return Buffer.concat([START, ...segments, (await drawn()).subarray(2)]);
}

/** The picture with one byte of its frame header changed. */
async function withFrameByte(offset: number, value: number): Promise<Buffer> {
  const jpeg = await drawn();
  jpeg[frameAt(jpeg) + offset] = value;
  return jpeg;
}

function frameAt(jpeg: Buffer): number {
  return jpeg.findIndex((byte, at) => byte === 0xff && (jpeg[at + 1] === 0xc0 || jpeg[at + 1] === 0xc2));
}

function repeat(part: Buffer, count: number): Buffer {
  return Buffer.concat(Array<Buffer>(count).fill(part));
}

/** A progressive picture whose last scan, which refines what is there, comes `count` times more. */
async function scans(side: number, count: number): Promise<Buffer> {
  const jpeg = await drawn({ progressive: true }, side);
  const last = jpeg.lastIndexOf(Buffer.of(0xff, 0xda));
  return Buffer.concat([jpeg.subarray(0, -2), repeat(jpeg.subarray(last, -2), count), Buffer.of(0xff, 0xd9)]);
}

/** EXIF (TIFF inside APP1) whose directory is followed by itself. */
function exifLoop(): Buffer {
  const directory = Buffer.concat([uint16(1), uint16(0x0112), uint16(3), uint32(1), uint16(6), uint16(0), uint32(8)]);
  return segment(0xe1, Buffer.concat([Buffer.from("Exif\0\0MM\0*\0\0\0\x08", "latin1"), directory]));
}

/** One of `count` parts of a colour profile (ICC.1, annex B.4). */
function profilePart(part: number, count: number, data: Buffer): Buffer {
  return segment(0xe2, Buffer.concat([Buffer.from("ICC_PROFILE\0"), Buffer.of(part, count), data]));
}

/** A profile whose header is right and which claims `tags` tags. */
function profile(tags: number): Buffer {
  const header = Buffer.alloc(128);
  header.writeUInt32BE(65_000, 0);
  header.write("\x04\x40\0\0mntrRGB XYZ ", 8, "latin1");
  header.write("acsp", 36);
  return Buffer.concat([header, uint32(tags), Buffer.alloc(60_000, 1)]);
}

/** Sizes that lie, scans and segments without end, broken tables, and profiles that aren't. */
export const JPEG_BOMBS: readonly Bomb[] = [
  { name: "64250 x 64250 in a few hundred bytes", make: async () => sized(64_250, 64_250) },
  { name: "65500 x 65500", make: async () => sized(65_500, 65_500) },
  { name: "within the limits, most of it missing", make: async () => sized(6_000, 6_600) },
  { name: "no height, to be told behind the scan", make: async () => sized(64, 0) },
  {
    name: "progressive, 39 megapixels, most of it missing",
    make: async () => withJpegSize(await drawn({ progressive: true }), 6_000, 6_600) as Buffer,
  },
  { name: "50 scans more, 64 x 64", make: () => scans(64, 50) },
  { name: "20,000 scans more, 64 x 64", make: () => scans(64, 20_000) },
  { name: "500 scans more, 6000 x 6000", slow: true, make: () => scans(6_000, 500) },
  {
    name: "2,000 empty scans over 39 megapixels",
    make: async () => withJpegSize(await scans(64, 2_000), 6_000, 6_600) as Buffer,
  },
  { name: "no component", make: () => withFrameByte(9, 0) },
  { name: "255 components", make: () => withFrameByte(9, 255) },
  { name: "samples of 12 bits", make: () => withFrameByte(4, 12) },
  { name: "sampled 15 x 15", make: () => withFrameByte(11, 0xff) },
  { name: "sampled 0 x 0", make: () => withFrameByte(11, 0) },
  { name: "lossless coding", make: () => withFrameByte(1, 0xc3) },
  { name: "arithmetic coding", make: () => withFrameByte(1, 0xc9) },
  { name: "two frame headers", make: async () => doubledFrame() },
  { name: "no table to decode by", make: async () => withoutMarker(0xc4) },
  { name: "no quantisation", make: async () => withoutMarker(0xdb) },
  {
    name: "profile in 255 parts of 64 KiB",
    make: () =>
      withSegments(...Array.from({ length: 255 }, (_, part) => profilePart(part + 1, 255, Buffer.alloc(65_000, 7)))),
  },
  { name: "profile of 4,294,967,295 tags", make: () => withSegments(profilePart(1, 1, profile(0xffff_ffff))) },
  { name: "profile of 5,000 tags, all rubbish", make: () => withSegments(profilePart(1, 1, profile(5_000))) },
  { name: "EXIF that follows itself", make: () => withSegments(exifLoop()) },
  { name: "comments of 15 MB", make: () => withSegments(repeat(segment(0xfe, Buffer.alloc(65_000, 65)), 230)) },
  { name: "15 MB of fill bytes", make: () => withSegments(Buffer.alloc(15_000_000, 255)) },
  { name: "1,000,000 empty segments", make: () => withSegments(repeat(segment(0xe5, Buffer.of()), 1_000_000)) },
  { name: "segment of no length", make: () => withSegments(segment(0xe5, Buffer.of(), 0)) },
  { name: "10 MB behind its end", make: async () => Buffer.concat([await drawn(), Buffer.alloc(10_000_000, 0xff)]) },
  { name: "cut in its scan", make: async () => (await drawn({}, 600)).subarray(0, 900) },
];

async function sized(width: number, height: number): Promise<Buffer> {
  return withJpegSize(await drawn(), width, height) as Buffer;
}

async function doubledFrame(): Promise<Buffer> {
  const jpeg = await drawn();
  const at = frameAt(jpeg);
  const frame = jpeg.subarray(at, at + 2 + jpeg.readUInt16BE(at + 2));
  return Buffer.concat([jpeg.subarray(0, at), withJpegSize(frame, 60_000, 60_000), jpeg.subarray(at)]);
}

/** The picture without the segments of one marker. */
async function withoutMarker(marker: number): Promise<Buffer> {
  const jpeg = await drawn();
  const parts: Buffer[] = [jpeg.subarray(0, 2)];
  for (let at = 2; at < jpeg.length; ) {
    const end = jpeg[at + 1] === 0xda ? jpeg.length : at + 2 + jpeg.readUInt16BE(at + 2);
    if (jpeg[at + 1] !== marker) parts.push(jpeg.subarray(at, end));
    at = end;
  }
  return Buffer.concat(parts);
}
