import { deflateSync } from "node:zlib";
import { crc32 } from "./crc32.ts";
import { type Bomb, uint32 } from "./hostile-file.ts";

const SIGNATURE = Buffer.from("\x89PNG\r\n\x1a\n", "latin1");
const MEBIBYTE = 1024 * 1024;

interface Header {
  readonly width: number;
  readonly height: number;
  /** Bits of a sample. */
  readonly depth?: number;
  /** 0 grey, 2 RGB, 3 palette, 6 RGB and alpha. */
  readonly colour?: number;
  readonly interlaced?: boolean;
}

/** PNG (W3C): each chunk with its length, type and checksum. */
function chunk(type: string, data: Uint8Array, length = data.length): Buffer {
  const content = Buffer.concat([Buffer.from(type, "latin1"), data]);
  return Buffer.concat([uint32(length), content, uint32(crc32(content))]);
}

function header({ width, height, depth = 1, colour = 0, interlaced = false }: Header): Buffer {
  const rest = Buffer.from([depth, colour, 0, 0, interlaced ? 1 : 0]);
  return chunk("IHDR", Buffer.concat([uint32(width), uint32(height), rest]));
}

function png(facts: Header, ...chunks: readonly Buffer[]): Buffer {
  return Buffer.concat([SIGNATURE, header(facts), ...chunks, chunk("IEND", Buffer.alloc(0))]);
}

/** `length` bytes of zeros, compressed a thousandfold. */
function zeros(length: number): Buffer {
  return deflateSync(Buffer.alloc(length), { level: 1 });
}

/** The pixels, all black. */
function black({ width, height, depth = 1, colour = 0 }: Header): Buffer {
  const samples = { 0: 1, 2: 3, 3: 1, 6: 4 }[colour] ?? 1;
  return chunk("IDAT", zeros(height * (1 + Math.ceil((width * samples * depth) / 8))));
}

function whole(facts: Header, ...before: readonly Buffer[]): Buffer {
  return png(facts, ...before, black(facts));
}

const SMALL: Header = { width: 64, height: 64, depth: 8 };
const NO_DATA = chunk("IDAT", zeros(100));
const named = (name: string) => Buffer.from(`${name}\0`, "latin1");

/** Chunks that unfold far beyond what the pixel limit would let a picture take, and headers that lie. */
export const PNG_BOMBS: readonly Bomb[] = [
  { name: "1-bit 30000 x 30000", slow: true, make: () => whole({ width: 30_000, height: 30_000 }) },
  { name: "1-bit 16384 x 16384", make: () => whole({ width: 16_384, height: 16_384 }) },
  { name: "1-bit just within the limits", make: () => whole({ width: 6_000, height: 6_600 }) },
  {
    name: "1-bit interlaced within the limits",
    slow: true,
    make: () => whole({ width: 6_000, height: 6_600, interlaced: true }),
  },
  {
    name: "16-bit RGBA within the limits",
    slow: true,
    make: () => whole({ width: 6_000, height: 6_600, depth: 16, colour: 6 }),
  },
  { name: "one row of 40,000,000", make: () => whole({ width: 40_000_000, height: 1 }) },
  { name: "header of 65535 x 65535", make: () => png({ width: 65_535, height: 65_535, depth: 8 }, NO_DATA) },
  { name: "header of 2^31-1 x 2^31-1", make: () => png({ width: 2 ** 31 - 1, height: 2 ** 31 - 1 }, NO_DATA) },
  { name: "header of no width", make: () => png({ ...SMALL, width: 0 }, NO_DATA) },
  { name: "header within the limits, no pixels behind it", make: () => png({ width: 6_000, height: 6_600 }, NO_DATA) },
  { name: "100 MiB of pixels for one", make: () => png({ width: 1, height: 1 }, chunk("IDAT", zeros(100 * MEBIBYTE))) },
  {
    name: "zTXt of 200 MiB",
    slow: true,
    make: () => whole(SMALL, chunk("zTXt", Buffer.concat([named("Comment"), Buffer.of(0), zeros(200 * MEBIBYTE)]))),
  },
  {
    name: "iTXt of 200 MiB",
    slow: true,
    make: () => {
      const start = Buffer.concat([named("Comment"), Buffer.from([1, 0]), named("en"), named("Comment")]);
      return whole(SMALL, chunk("iTXt", Buffer.concat([start, zeros(200 * MEBIBYTE)])));
    },
  },
  {
    name: "ICC profile of 200 MiB",
    make: () => whole(SMALL, chunk("iCCP", Buffer.concat([named("profile"), Buffer.of(0), zeros(200 * MEBIBYTE)]))),
  },
  {
    name: "4,000 zTXt of 1 MiB",
    make: () => {
      const text = chunk("zTXt", Buffer.concat([named("Comment"), Buffer.of(0), zeros(MEBIBYTE)]));
      return whole(SMALL, ...Array.from({ length: 4_000 }, () => text));
    },
  },
  {
    name: "100,000 empty chunks",
    make: () => whole(SMALL, Buffer.concat(Array(100_000).fill(chunk("teSt", Buffer.of())))),
  },
  {
    name: "pixels in 50,000 chunks",
    make: () =>
      png(SMALL, ...[...zeros(64 * 65)].map((byte) => chunk("IDAT", Buffer.of(byte))), chunkFlood("IDAT", 50_000)),
  },
  { name: "animation of 4,294,967,295 frames", make: () => whole(SMALL, chunk("acTL", Buffer.alloc(8, 255))) },
  { name: "chunk of 4 GiB", make: () => whole(SMALL, chunk("teSt", Buffer.alloc(4), 0xffff_ffff)) },
  { name: "chunk that is shorter than it says", make: () => whole(SMALL, chunk("teSt", Buffer.alloc(4), 5_000)) },
  { name: "palette of none", make: () => whole({ ...SMALL, colour: 3 }) },
  { name: "16 bits to an entry of the palette", make: () => whole({ ...SMALL, colour: 3, depth: 16 }) },
  { name: "cut in the middle", make: () => whole({ width: 2_000, height: 2_000 }).subarray(0, 300) },
  {
    name: "10 MiB of EXIF",
    make: () => whole(SMALL, chunk("eXIf", Buffer.alloc(10 * MEBIBYTE, "II*\0\x08\0\0\0\xff\xff", "latin1"))),
  },
];

function chunkFlood(type: string, count: number): Buffer {
  return Buffer.concat(Array<Buffer>(count).fill(chunk(type, Buffer.alloc(0))));
}
