import sharp, { type Sharp } from "sharp";
import { AppError } from "../errors.ts";
import type { Pixels } from "../fingerprint/fingerprint.ts";
import { declaredSize } from "./declared-size.ts";
import { readFileStructure } from "./file-structure.ts";
import { countJpegScans } from "./jpeg-scans.ts";
import { jpegSize } from "./jpeg-size.ts";
import { nameUnsupportedFormat, type SniffedFormat, sniffFormat } from "./sniff-format.ts";

/** Most pixels of an image, over all its frames. */
export const MAX_PIXELS = 40_000_000;

/** Longest side of an image, in pixels. */
export const MAX_SIDE = 16_384;

/**
 * Most pixels of an AVIF, of up to 8 and of more bits: its decoder takes 18 and 25 bytes for each, so that more would take a
 * worker beyond its memory (docs/decisions/0015-hostile-bytes.md).
 */
export const MAX_AVIF_PIXELS = 16_000_000;
export const MAX_DEEP_AVIF_PIXELS = 12_000_000;

/** Most frames of an animation: what its decoder does before the first pixel grows with their square. */
export const MAX_FRAMES = 10_000;

/** Most scans of a progressive JPEG. Encoders make about ten. */
export const MAX_SCANS = 100;

/** Facts from an image's header. */
export interface ImageHeader {
  readonly format: SniffedFormat;
  /** Pixels, after EXIF orientation. */
  readonly width: number;
  readonly height: number;
  /** Frames in the file; only the first is ever decoded. */
  readonly frames: number;
}

export interface DecodedImage extends ImageHeader {
  readonly pixels: Pixels;
  /** True where `pixels` are fewer than the image has. */
  readonly shrunk: boolean;
}

/** What libvips and the decoders behind it say where the kernel gave them no more memory (worker-command.ts). */
const OUT_OF_MEMORY = /out of memory|unable to allocate|memory allocation error: (?!security limit)|bad_alloc/i;

// libvips opens whatever it has a loader for, and some loaders read other files: only these five, from memory, stay open.
sharp.block({ operation: ["VipsForeignLoad"] });
sharp.unblock({
  operation: [
    "VipsForeignLoadJpegBuffer",
    "VipsForeignLoadPngBuffer",
    "VipsForeignLoadWebpBuffer",
    "VipsForeignLoadNsgifBuffer",
    "VipsForeignLoadHeifBuffer",
  ],
});
// Each process decodes one image after another, once: a cache never hits, and threads would compete with other processes.
sharp.cache(false);
sharp.concurrency(1);

/**
 * Reads an image's header and checks the limits, without decoding.
 * @throws AppError image_unreadable, image_truncated, image_format_unsupported, image_too_many_pixels
 */
export async function inspectImage(bytes: Uint8Array): Promise<ImageHeader> {
  const format = formatOf(bytes);
  const structure = readFileStructure(bytes, format, MAX_FRAMES);
  if (structure.endsEarly) {
    throw truncated();
  }
  if (structure.frames > MAX_FRAMES) {
    throw tooManyPixels(`${MAX_FRAMES} frames`, "more");
  }
  const declared = declaredSize(bytes, format);
  if (declared !== null) checkSize(declared.width, declared.height, 1);
  const metadata = await refusing(bytes, format, () => open(bytes).metadata());
  const { width, height } = metadata.autoOrient;
  const frames = format === "png" ? structure.frames : (metadata.pages ?? 1);
  checkSize(width, height, frames);
  if (format === "avif") checkAvifSize(width * height, metadata.bitsPerSample ?? 8);
  return { format, width, height, frames };
}

/**
 * Decodes the first frame once, for every hash and for the classifier: 8-bit sRGB, upright by EXIF orientation, colour
 * profile applied, transparency flattened on white.
 *
 * Never shrunk while decoding: at every scale that libjpeg offers some photo's hashes move by more than 2 bits
 * (docs/decisions/0002-fingerprints.md).
 * @throws AppError image_unreadable, image_truncated, image_format_unsupported, image_too_many_pixels
 */
export async function decodeForHashes(bytes: Uint8Array): Promise<DecodedImage> {
  const header = await checkHeader(bytes);
  const pixels = await decode(bytes, header.format);
  return { ...header, width: pixels.width, height: pixels.height, pixels, shrunk: false };
}

/**
 * Decodes the first frame at full size, as `decodeForHashes` does.
 * @throws AppError image_unreadable, image_truncated, image_format_unsupported, image_too_many_pixels
 */
export async function decodeFull(bytes: Uint8Array): Promise<Pixels> {
  const { format } = await checkHeader(bytes);
  return decode(bytes, format);
}

/** The limits, from the cheapest reading of the header there is. */
async function checkHeader(bytes: Uint8Array): Promise<{ format: SniffedFormat; frames: number }> {
  const format = formatOf(bytes);
  const size = format === "jpeg" ? jpegSize(bytes) : null;
  if (size === null) {
    const { frames } = await inspectImage(bytes);
    return { format, frames };
  }
  checkSize(size.width, size.height, 1);
  if (size.progressive && countJpegScans(bytes, MAX_SCANS) > MAX_SCANS) {
    throw unreadable(`a JPEG of more than ${MAX_SCANS} scans`);
  }
  return { format, frames: 1 };
}

async function decode(bytes: Uint8Array, format: SniffedFormat): Promise<Pixels> {
  const { data, info } = await refusing(bytes, format, () =>
    open(bytes)
      .toColourspace("srgb")
      .flatten({ background: "#ffffff" })
      .removeAlpha()
      .raw()
      .toBuffer({ resolveWithObject: true }),
  );
  if (info.channels !== 3) {
    throw new Error(`Expected 3 channels from the decoder but received ${info.channels}`);
  }
  return { data, width: info.width, height: info.height };
}

function open(bytes: Uint8Array): Sharp {
  // "error" still refuses what is cut short; "warning" would also refuse photos that every browser shows.
  return sharp(bytes, { failOn: "error", limitInputPixels: MAX_PIXELS, autoOrient: true, pages: 1 });
}

function formatOf(bytes: Uint8Array): SniffedFormat {
  const format = sniffFormat(bytes);
  const unsupported = nameUnsupportedFormat(bytes);
  if (unsupported !== null) {
    throw new AppError(
      "image_format_unsupported",
      `Expected JPEG, PNG, WebP, GIF or AVIF for image but received ${unsupported}`,
      { field: "image" },
    );
  }
  if (format === null) {
    throw unreadable("something else");
  }
  return format;
}

function checkSize(width: number, height: number, frames: number): void {
  if (width > MAX_SIDE || height > MAX_SIDE) {
    throw new AppError(
      "image_too_many_pixels",
      `Expected sides of at most ${MAX_SIDE} pixels for image but received ${width} x ${height}`,
      { field: "image" },
    );
  }
  if (width * height * frames > MAX_PIXELS) {
    const received = frames > 1 ? `${width} x ${height} in ${frames} frames` : `${width} x ${height}`;
    throw tooManyPixels(`${MAX_PIXELS} pixels over all frames`, received);
  }
}

function checkAvifSize(pixels: number, bits: number): void {
  const most = bits > 8 ? MAX_DEEP_AVIF_PIXELS : MAX_AVIF_PIXELS;
  if (pixels > most) throw tooManyPixels(`${most} pixels of an AVIF of ${bits} bits`, String(pixels));
}

function tooManyPixels(most: string, received: string, cause?: unknown): AppError {
  const message = `Expected at most ${most} for image but received ${received}`;
  return new AppError("image_too_many_pixels", message, { field: "image" }, { cause });
}

/** Runs the decoder; what it says when it fails may name files and versions, so it stays in the cause, for the log. */
async function refusing<T>(bytes: Uint8Array, format: SniffedFormat, run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (cause) {
    const said = cause instanceof Error ? cause.message : "";
    if (/exceeds pixel limit/i.test(said)) {
      throw tooManyPixels(`${MAX_PIXELS} pixels`, "more", cause);
    }
    if (OUT_OF_MEMORY.test(said)) {
      throw new AppError(
        "image_crashed_decoder",
        "Expected image to be decoded within the memory of a worker",
        { field: "image" },
        { cause },
      );
    }
    if (/premature end|unexpected end|end of file/i.test(said) || readFileStructure(bytes, format, 0).endsEarly) {
      throw truncated(cause);
    }
    throw unreadable(`a broken ${format.toUpperCase()}`, cause);
  }
}

function truncated(cause?: unknown): AppError {
  return new AppError(
    "image_truncated",
    "Expected a whole file for image but received one that ends too early",
    {
      field: "image",
    },
    { cause },
  );
}

function unreadable(received: string, cause?: unknown): AppError {
  return new AppError(
    "image_unreadable",
    `Expected a JPEG, PNG, WebP, GIF or AVIF picture for image but received ${received}`,
    { field: "image" },
    { cause },
  );
}
