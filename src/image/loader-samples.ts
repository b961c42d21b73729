import { deflateSync, gzipSync } from "node:zlib";

/** A small file of a kind that must not be opened. */
export interface LoaderSample {
  /** What it is, for messages. */
  readonly name: string;
  /** The suffix by which loaders that go by the file's name would know it, with its dot. */
  readonly suffix: string;
  /** The file. */
  readonly bytes: Uint8Array;
}

const SIDE = 8;
const SVG = `<svg xmlns="http://www.w3.org/2000/svg" width="${SIDE}" height="${SIDE}"><rect width="4" height="4"/></svg>`;

/**
 * One file for every family of loaders that libvips has beside JPEG, PNG, WebP, GIF and AVIF: those that it flags as
 * untrusted (`grep VIPS_OPERATION_UNTRUSTED libvips/foreign`), TIFF, matrices, and what ImageMagick would take by content.
 * Each is whole as far as its loader looks, so that an open loader shows; the numbers are of 8 x 8 pixels throughout.
 */
export function loaderSamples(): LoaderSample[] {
  return [
    sample("SVG", ".svg", SVG),
    sample("SVG (compressed)", ".svgz", gzipSync(SVG)),
    sample("PDF", ".pdf", pdf()),
    sample("TIFF", ".tif", tiff()),
    sample("libvips", ".v", vips()),
    sample("MATLAB level 5", ".mat", matlab()),
    sample("HDF5 (MATLAB 7.3)", ".mat", hdf5Matlab()),
    sample("camera raw (Canon)", ".cr2", cameraRaw()),
    sample("camera raw (Fujifilm)", ".raf", padded("FUJIFILMCCD-RAW 0201FF383501", 256)),
    sample("raw pixels", ".raw", Buffer.alloc(SIDE * SIDE * 3, 0x55)),
    sample("PPM", ".ppm", [`P6 ${SIDE} ${SIDE} 255\n`, Buffer.alloc(SIDE * SIDE * 3, 0x55)]),
    sample("PFM", ".pfm", [`Pf\n${SIDE} ${SIDE}\n-1.0\n`, Buffer.alloc(SIDE * SIDE * 4)]),
    sample("Radiance", ".hdr", [
      `#?RADIANCE\nFORMAT=32-bit_rle_rgbe\n\n-Y ${SIDE} +X ${SIDE}\n`,
      Buffer.alloc(SIDE * SIDE * 4, 0x80),
    ]),
    sample("FITS", ".fits", fits()),
    sample("Analyze", ".hdr", analyze("")),
    sample("NIfTI", ".nii", [analyze("n+1\0"), Buffer.alloc(4 + SIDE * SIDE)]),
    sample("OpenEXR", ".exr", padded("\x76\x2f\x31\x01\x02\0\0\0channels\0chlist\0\x01\0\0\0\0", 128)),
    sample("OpenSlide", ".mrxs", padded("[GENERAL]\nSLIDE_ID = 1\n", 64)),
    sample("JPEG 2000", ".jp2", padded("\0\0\0\x0cjP  \r\n\x87\n\0\0\0\x14ftypjp2 \0\0\0\0jp2 ", 128)),
    sample("JPEG 2000 codestream", ".j2k", padded("\xff\x4f\xff\x51\0\x29\0\0\0\0\0\x08\0\0\0\x08", 128)),
    sample("JPEG XL", ".jxl", padded("\xff\x0a\x3f\0", 64)),
    sample("JPEG XL (container)", ".jxl", padded("\0\0\0\x0cJXL \r\n\x87\n\0\0\0\x14ftypjxl \0\0\0\0jxl ", 64)),
    sample("CSV", ".csv", "1,2,3\n4,5,6\n7,8,9\n"),
    sample("matrix", ".mat", "3 3\n1 2 3\n4 5 6\n7 8 9\n"),
    sample("ImageMagick MVG", ".mvg", "push graphic-context\nviewbox 0 0 8 8\nfill red\npop graphic-context\n"),
    sample("ImageMagick MSL", ".msl", '<?xml version="1.0"?><image><read filename="logo:"/></image>'),
    sample("BMP", ".bmp", bitmap()),
    sample("XPM", ".xpm", '/* XPM */\nstatic char *x[] = {\n"1 1 1 1",\n"a c #000000",\n"a"};\n'),
  ];
}

type Part = string | Uint8Array;

function sample(name: string, suffix: string, content: Part | readonly Part[]): LoaderSample {
  const parts = typeof content === "string" || content instanceof Uint8Array ? [content] : content;
  return { name, suffix, bytes: Buffer.concat(parts.map(bytesOf)) };
}

function bytesOf(part: Part): Uint8Array {
  return typeof part === "string" ? Buffer.from(part, "latin1") : part;
}

/** The start of a file whose loader looks no further, filled up with zeros to `length` bytes. */
function padded(start: string, length: number): Buffer {
  const bytes = Buffer.alloc(length);
  bytes.write(start, "latin1");
  return bytes;
}

/** PDF 1.4 with one empty page. */
function pdf(): string {
  return (
    "%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n" +
    `3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 ${SIDE} ${SIDE}]>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n`
  );
}

/** TIFF 6.0, one strip of grey, its directory last; a camera's raw file is the same with a mark of its own. */
function tiff(mark: Uint8Array = Buffer.alloc(0)): Buffer {
  const pixels = Buffer.alloc(SIDE * SIDE, 0x55);
  const at = 8 + mark.length;
  // Tag, type (3: 16 bits, 4: 32 bits), value; each stands once.
  const fields: readonly (readonly [number, number, number])[] = [
    [256, 3, SIDE],
    [257, 3, SIDE],
    [258, 3, 8],
    [259, 3, 1],
    [262, 3, 1],
    [273, 4, at],
    [277, 3, 1],
    [278, 3, SIDE],
    [279, 4, pixels.length],
  ];
  const directory = Buffer.alloc(2 + fields.length * 12 + 4);
  directory.writeUInt16LE(fields.length, 0);
  for (const [index, [tag, type, value]] of fields.entries()) {
    const field = 2 + index * 12;
    directory.writeUInt16LE(tag, field);
    directory.writeUInt16LE(type, field + 2);
    directory.writeUInt32LE(1, field + 4);
    directory.writeUInt32LE(value, field + 8);
  }
  const header = Buffer.from("II*\0\0\0\0\0", "latin1");
  header.writeUInt32LE(at + pixels.length, 4);
  return Buffer.concat([header, mark, pixels, directory]);
}

function cameraRaw(): Buffer {
  return tiff(Buffer.from("CR\x02\0\0\0\0\0", "latin1"));
}

/** libvips' own format: a header of 64 bytes (libvips/iofuncs/vips.c), then 8-bit grey pixels. */
function vips(): Buffer {
  const header = Buffer.alloc(64);
  header.writeUInt32BE(0xb6a6f208, 0);
  // Width, height, bands, unused, band format (0: 8 bits), coding (0: none), interpretation (1: grey).
  for (const [index, value] of [SIDE, SIDE, 1, 0, 0, 0, 1].entries()) header.writeInt32LE(value, 4 + index * 4);
  header.writeFloatLE(1, 32);
  header.writeFloatLE(1, 36);
  return Buffer.concat([header, Buffer.alloc(SIDE * SIDE, 0x55)]);
}

/** MAT-file level 5: a header of 128 bytes and one compressed 1 x 1 matrix of doubles. */
function matlab(): Buffer {
  const header = matlabHeader("MATLAB 5.0 MAT-file", 0x0100);
  const matrix = Buffer.alloc(64);
  // Each element: type and length in bytes, then its content (6: flags, 5: sizes, 1: name, 9: the numbers).
  const words = [14, 56, 6, 8, 6, 0, 5, 8, 1, 1, 0x10001, 0x61, 9, 8, 0, 0x3ff00000];
  for (const [index, word] of words.entries()) matrix.writeUInt32LE(word, index * 4);
  const packed = deflateSync(matrix);
  const element = Buffer.alloc(8);
  element.writeUInt32LE(15, 0);
  element.writeUInt32LE(packed.length, 4);
  return Buffer.concat([header, element, packed]);
}

/** MAT-file 7.3 is HDF5 behind 512 bytes: the container whose external links read other files (CVE-2026-66066). */
function hdf5Matlab(): Buffer {
  return Buffer.concat([
    matlabHeader("MATLAB 7.3 MAT-file", 0x0200),
    Buffer.alloc(384),
    padded("\x89HDF\r\n\x1a\n", 96),
  ]);
}

function matlabHeader(text: string, version: number): Buffer {
  const header = Buffer.alloc(128, 0x20);
  header.write(text, "latin1");
  header.writeUInt16LE(version, 124);
  header.write("IM", 126, "latin1");
  return header;
}

/** FITS 4.0: cards of 80 characters and the pixels, each in blocks of 2,880 bytes. */
function fits(): Buffer {
  const cards = ["SIMPLE  = T", "BITPIX  = 8", "NAXIS   = 2", `NAXIS1  = ${SIDE}`, `NAXIS2  = ${SIDE}`, "END"];
  return Buffer.concat([
    Buffer.from(
      cards
        .map((card) => card.padEnd(80))
        .join("")
        .padEnd(2880),
    ),
    Buffer.alloc(2880),
  ]);
}

/** Analyze 7.5, a header of 348 bytes; NIfTI-1 is the same with `magic` at its end and its pixels behind it. */
function analyze(magic: string): Buffer {
  const header = Buffer.alloc(348);
  header.writeInt32LE(348, 0);
  for (const [index, value] of [2, SIDE, SIDE, 1, 1, 1, 1, 1].entries()) header.writeInt16LE(value, 40 + index * 2);
  header.writeInt16LE(2, 70);
  header.writeInt16LE(8, 72);
  header.writeFloatLE(352, 108);
  header.write(magic, 344, "latin1");
  return header;
}

/** Windows bitmap of 24 bits. */
function bitmap(): Buffer {
  const header = Buffer.alloc(54);
  header.write("BM", "latin1");
  header.writeUInt32LE(54 + SIDE * SIDE * 3, 2);
  header.writeUInt32LE(54, 10);
  header.writeUInt32LE(40, 14);
  header.writeInt32LE(SIDE, 18);
  header.writeInt32LE(SIDE, 22);
  header.writeUInt16LE(1, 26);
  header.writeUInt16LE(24, 28);
  return Buffer.concat([header, Buffer.alloc(SIDE * SIDE * 3, 0x55)]);
}
