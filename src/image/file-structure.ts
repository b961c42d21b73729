import type { SniffedFormat } from "./sniff-format.ts";

/** What the outermost structure of a file says, whatever its decoder makes of the content. */
export interface FileStructure {
  /** True where the file declares more bytes than came, or its end mark is missing. */
  readonly endsEarly: boolean;
  /** Frames that an animated PNG declares, which its decoder doesn't know of; 1 for every other file. */
  readonly pngFrames: number;
}

const WHOLE: FileStructure = { endsEarly: false, pngFrames: 1 };

/** Follows chunk and box lengths; decoders tell a file cut short from a broken one only for JPEG and GIF. */
export function readFileStructure(bytes: Uint8Array, format: SniffedFormat): FileStructure {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  switch (format) {
    case "png":
      return followPng(view);
    case "webp":
      return { ...WHOLE, endsEarly: view.getUint32(4, true) + 8 > view.byteLength };
    case "avif":
    case "heif":
      return { ...WHOLE, endsEarly: boxesEndEarly(view) };
    default:
      return WHOLE;
  }
}

/** PNG (W3C, section 5): length, type, data and CRC after an 8-byte signature, up to IEND. */
function followPng(view: DataView): FileStructure {
  let pngFrames = 1;
  for (let at = 8; at + 12 <= view.byteLength; ) {
    const length = view.getUint32(at);
    const type = view.getUint32(at + 4);
    if (type === 0x49454e44 /* IEND */) {
      return { endsEarly: false, pngFrames };
    }
    if (type === 0x6163544c /* acTL */ && at + 12 + length <= view.byteLength && length >= 4) {
      pngFrames = Math.max(1, view.getUint32(at + 8));
    }
    at += 12 + length;
  }
  return { endsEarly: true, pngFrames };
}

/** ISO/IEC 14496-12: a 32-bit size and a type; size 1 is followed by a 64-bit size, size 0 reaches to the end. */
function boxesEndEarly(view: DataView): boolean {
  let at = 0;
  while (at + 8 <= view.byteLength) {
    let size = view.getUint32(at);
    if (size === 0) {
      return false;
    }
    if (size === 1) {
      if (at + 16 > view.byteLength) {
        return true;
      }
      size = Number(view.getBigUint64(at + 8));
    }
    if (size < 8) {
      return false;
    }
    at += size;
  }
  return at > view.byteLength;
}
