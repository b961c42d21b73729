import type { SniffedFormat } from "./sniff-format.ts";

/** Pixels. */
export interface DeclaredSize {
  readonly width: number;
  readonly height: number;
}

/**
 * The size that a PNG, GIF or WebP declares at its start, or null where it is of another format or ends before. Some
 * decoders take memory for all the pixels when they only open a file, so this is read before one sees it.
 */
export function declaredSize(bytes: Uint8Array, format: SniffedFormat): DeclaredSize | null {
  if (bytes.length < 30) return null;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  switch (format) {
    case "png":
      // W3C PNG, 11.2.1: IHDR comes first.
      return { width: view.getUint32(16), height: view.getUint32(20) };
    case "gif":
      // GIF89a, section 18: the logical screen.
      return { width: view.getUint16(6, true), height: view.getUint16(8, true) };
    case "webp":
      return webpSize(view);
    default:
      return null;
  }
}

/** RFC 9649, section 2: the canvas of the extended format, or the header of the one lossless or lossy picture. */
function webpSize(view: DataView): DeclaredSize | null {
  switch (view.getUint32(12)) {
    case 0x56503858 /* VP8X */:
      return { width: (view.getUint32(24, true) & 0xff_ffff) + 1, height: (view.getUint32(26, true) >>> 8) + 1 };
    case 0x5650384c /* VP8L */:
      {
        const bits = view.getUint32(21, true);
        return { width: (bits & 0x3fff) + 1, height: ((bits >>> 14) & 0x3fff) + 1 };
      }
    case 0x56503820 /* VP8 */:
      return { width: view.getUint16(26, true) & 0x3fff, height: view.getUint16(28, true) & 0x3fff };
    default:
      return null;
  }
}
