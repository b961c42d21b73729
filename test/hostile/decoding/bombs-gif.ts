import type { Bomb } from "./hostile-file.ts";

interface Frame {
  readonly width: number;
  readonly height: number;
  readonly left?: number;
  /** LZW: bits of a code at the start, and the codes in blocks; by default one black pixel's. */
  readonly codeBits?: number;
  readonly codes?: Buffer;
}

const PIXEL: Frame = { width: 1, height: 1 };
const END = Buffer.of(0x3b);

function word(value: number): [number, number] {
  return [value & 255, (value >> 8) & 255];
}

/** GIF89a's screen, with two colours. */
function screen(width: number, height: number): Buffer {
  return Buffer.from(
    [..."GIF89a"].map((c) => c.charCodeAt(0)).concat(word(width), word(height), [0x80, 0, 0], [0, 0, 0, 255, 255, 255]),
  );
}

function frame({ width, height, left = 0, codeBits = 2, codes = Buffer.from([2, 0x4c, 0x01, 0]) }: Frame): Buffer {
  const control = [0x21, 0xf9, 4, 0, 10, 0, 0, 0];
  return Buffer.concat([
    Buffer.from([...control, 0x2c, ...word(left), 0, 0, ...word(width), ...word(height), 0, codeBits]),
    codes,
  ]);
}

function gif(width: number, height: number, ...parts: readonly Buffer[]): Buffer {
  return Buffer.concat([screen(width, height), ...parts, END]);
}

function repeat(part: Buffer, count: number): Buffer {
  return Buffer.concat(Array<Buffer>(count).fill(part));
}

/** Bytes in the blocks of 255 that GIF keeps data in. */
function blocks(data: Buffer): Buffer {
  const parts: Buffer[] = [];
  for (let at = 0; at < data.length; at += 255) {
    const part = data.subarray(at, at + 255);
    parts.push(Buffer.of(part.length), part);
  }
  return Buffer.concat([...parts, Buffer.of(0)]);
}

/** LZW in which each code repeats all before it and one pixel more: `codes` of them give codes x codes / 2 black pixels. */
function runs(pixels: number): Buffer {
  const bits: number[] = [];
  const put = (code: number, width: number) => {
    for (let bit = 0; bit < width; bit++) bits.push((code >> bit) & 1);
  };
  let done = 0;
  while (done < pixels) {
    put(4, 3);
    put(0, 3);
    done += 1;
    for (let code = 6, length = 2; code < 4096 && done < pixels; code++, length++) {
      put(code, Math.min(12, 32 - Math.clz32(code)));
      done += length;
    }
  }
  put(5, 12);
  const bytes = Buffer.alloc(Math.ceil(bits.length / 8));
  for (const [at, bit] of bits.entries()) bytes[at >> 3] = (bytes[at >> 3] ?? 0) | (bit << (at & 7));
  return blocks(bytes);
}

function extension(label: number, data: Buffer): Buffer {
  return Buffer.concat([Buffer.of(0x21, label), blocks(data)]);
}

/** Floods of frames and of blocks, sizes that contradict each other, and broken LZW. */
export const GIF_BOMBS: readonly Bomb[] = [
  { name: "100,000 frames of one pixel", make: () => gif(1, 1, repeat(frame(PIXEL), 100_000)) },
  { name: "900,000 frames of one pixel", make: () => gif(1, 1, repeat(frame(PIXEL), 900_000).subarray(0, 19e6)) },
  { name: "10,000 frames on 60 x 60", make: () => gif(60, 60, repeat(frame(PIXEL), 10_000)) },
  { name: "11 frames on 2000 x 2000", make: () => gif(2_000, 2_000, repeat(frame(PIXEL), 11)) },
  { name: "screen of 65535 x 65535", make: () => gif(65_535, 65_535, frame(PIXEL)) },
  { name: "frame of 65535 x 65535 on one pixel", make: () => gif(1, 1, frame({ width: 65_535, height: 65_535 })) },
  {
    name: "second frame of 65535 x 65535",
    make: () => gif(1, 1, frame(PIXEL), frame({ width: 65_535, height: 65_535 })),
  },
  { name: "frame beside the screen", make: () => gif(10, 10, frame({ ...PIXEL, left: 60_000 })) },
  {
    name: "39.7 megapixels in runs",
    slow: true,
    make: () => gif(6_300, 6_300, frame({ width: 6_300, height: 6_300, codes: runs(6_300 ** 2) })),
  },
  {
    name: "39.7 megapixels, one pixel there",
    slow: true,
    make: () => gif(6_300, 6_300, frame({ width: 6_300, height: 6_300 })),
  },
  { name: "codes of 0 bits", make: () => gif(10, 10, frame({ width: 10, height: 10, codeBits: 0 })) },
  { name: "codes of 255 bits", make: () => gif(10, 10, frame({ width: 10, height: 10, codeBits: 255 })) },
  {
    name: "codes of which none is known yet",
    make: () => gif(10, 10, frame({ width: 10, height: 10, codes: blocks(Buffer.alloc(500, 255)) })),
  },
  { name: "comments of 10 MB", make: () => gif(10, 10, extension(0xfe, Buffer.alloc(10_000_000, 65)), frame(PIXEL)) },
  {
    name: "100,000 loop counts",
    make: () => gif(1, 1, repeat(extension(0xff, Buffer.from("NETSCAPE2.0")), 100_000), frame(PIXEL)),
  },
  { name: "no frame", make: () => gif(10, 10) },
  { name: "frame of no size", make: () => gif(10, 10, frame({ width: 0, height: 0 })) },
  { name: "screen of no size", make: () => gif(0, 0, frame(PIXEL)) },
  {
    name: "cut in its first frame",
    make: () => gif(600, 600, frame({ width: 600, height: 600, codes: runs(360_000) })).subarray(0, 200),
  },
];
