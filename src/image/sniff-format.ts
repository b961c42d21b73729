export type SniffedFormat = "jpeg" | "png" | "webp" | "gif" | "avif" | "heif";

const PNG_SIGNATURE = "\x89PNG\r\n\x1a\n";

/** ISO base media brands of still pictures coded with HEVC or another codec than AV1. */
const HEIF_BRANDS = new Set(["heic", "heix", "heim", "heis", "hevc", "hevx", "hevm", "hevs", "mif1", "mif2", "msf1"]);

/** Other formats that people do upload, so that the answer can name what came. */
const OTHER_SIGNATURES: readonly (readonly [string, string])[] = [
  ["II*\0", "TIFF"],
  ["MM\0*", "TIFF"],
  ["BM", "BMP"],
  ["8BPS", "PSD"],
  ["\0\0\x01\0", "ICO"],
  ["\xff\x0a", "JPEG XL"],
  ["\0\0\0\x0cJXL ", "JPEG XL"],
  ["\0\0\0\x0cjP  ", "JPEG 2000"],
  ["%PDF-", "PDF"],
  ["<svg", "SVG"],
  ["<?xml", "SVG"],
];

/** The format that the first bytes claim, or null. Names and types sent along with the bytes are never looked at. */
export function sniffFormat(bytes: Uint8Array): SniffedFormat | null {
  const start = latin1(bytes, 0, 12);
  if (start.startsWith("\xff\xd8\xff")) {
    return "jpeg";
  }
  if (start.startsWith(PNG_SIGNATURE)) {
    return "png";
  }
  if (start.startsWith("GIF87a") || start.startsWith("GIF89a")) {
    return "gif";
  }
  if (start.startsWith("RIFF") && start.endsWith("WEBP")) {
    return "webp";
  }
  return start.slice(4, 8) === "ftyp" ? sniffBrands(bytes) : null;
}

/** Name of a picture format that is recognised but not read, or null. */
export function nameUnsupportedFormat(bytes: Uint8Array): string | null {
  if (sniffFormat(bytes) === "heif") {
    return "HEIC";
  }
  const start = latin1(bytes, 0, 16);
  return OTHER_SIGNATURES.find(([signature]) => start.startsWith(signature))?.[1] ?? null;
}

/** AVIF files may carry the general brand first, so every brand of the `ftyp` box counts. */
function sniffBrands(bytes: Uint8Array): "avif" | "heif" | null {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const boxEnd = Math.min(view.getUint32(0), bytes.length, 256);
  const brands = [latin1(bytes, 8, 12)];
  for (let at = 16; at + 4 <= boxEnd; at += 4) {
    brands.push(latin1(bytes, at, at + 4));
  }
  if (brands.includes("avif") || brands.includes("avis")) {
    return "avif";
  }
  return brands.some((brand) => HEIF_BRANDS.has(brand)) ? "heif" : null;
}

function latin1(bytes: Uint8Array, from: number, to: number): string {
  return String.fromCharCode(...bytes.subarray(from, to));
}
