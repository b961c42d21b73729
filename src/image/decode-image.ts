import sharp, { type Sharp } from "sharp";
import { AppError } from "../errors.ts";
import type { Pixels } from "../fingerprint/fingerprint.ts";
import { readFileStructure } from "./file-structure.ts";
import { jpegSize } from "./jpeg-size.ts";
import { nameUnsupportedFormat, type SniffedFormat, sniffFormat } from "./sniff-format.ts";

/** Most pixels of an image, over all its frames. */
export const MAX_PIXELS = 40_000_000;

/** Longest side of an image, in pixels. */
export const MAX_SIDE = 16_384;

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
  const { pngFrames, endsEarly } = readFileStructure(bytes, format);
  if (endsEarly) {
    throw truncated();
  }
  const metadata = await refusing(bytes, format, () => open(bytes).metadata());
  const { width, height } = metadata.autoOrient;
  const frames = Math.max(metadata.pages ?? 1, pngFrames);
  checkSize(width, height, frames);
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
    throw new AppError(
      "image_too_many_pixels",
      `Expected at most ${MAX_PIXELS} pixels over all frames for image but received ${received}`,
      { field: "image" },
    );
  }
}

/** Runs the decoder; what it says when it fails may name files and versions, so it stays in the cause, for the log. */
async function refusing<T>(bytes: Uint8Array, format: SniffedFormat, run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (cause) {
    const said = cause instanceof Error ? cause.message : "";
    if (/exceeds pixel limit/i.test(said)) {
      throw new AppError(
        "image_too_many_pixels",
        `Expected at most ${MAX_PIXELS} pixels for image but received more`,
        { field: "image" },
        { cause },
      );
    }
    if (/premature end|unexpected end|end of file/i.test(said) || readFileStructure(bytes, format).endsEarly) {
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
