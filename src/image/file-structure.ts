import type { SniffedFormat } from "./sniff-format.ts";

/** What the outermost structure of a file says, whatever its decoder makes of the content. */
export interface FileStructure {
  /** True where the file declares more bytes than came, or its end mark is missing. */
  readonly endsEarly: boolean;
  /** Frames of an animated PNG (as declared; its decoder knows nothing of them), GIF or WebP; 1 for every other file. */
  readonly frames: number;
}

const WHOLE: FileStructure = { endsEarly: false, frames: 1 };

/**
 * Follows chunk, block and box lengths, without a look at the pixels. Decoders tell a file cut short from a broken one only
 * for JPEG and GIF.
 * @param maxFrames frames beyond which no more are counted
 */
export function readFileStructure(bytes: Uint8Array, format: SniffedFormat, maxFrames: number): FileStructure {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  switch (format) {
    case "png":
      return followPng(view);
    case "webp":
      return { endsEarly: view.getUint32(4, true) + 8 > view.byteLength, frames: countWebpFrames(view, maxFrames) };
    case "gif":
      return { ...WHOLE, frames: countGifFrames(bytes, maxFrames) };
    case "avif":
    case "heif":
      return { ...WHOLE, endsEarly: boxesEndEarly(view) };
    default:
      return WHOLE;
  }
}

/** PNG (W3C, section 5): length, type, data and CRC after an 8-byte signature, up to IEND. */
function followPng(view: DataView): FileStructure {
  let frames = 1;
  for (let at = 8; at + 12 <= view.byteLength; ) {
    const length = view.getUint32(at);
    const type = view.getUint32(at + 4);
    if (type === 0x49454e44 /* IEND */) {
      return { endsEarly: false, frames };
    }
    if (type === 0x6163544c /* acTL */ && at + 12 + length <= view.byteLength && length >= 4) {
      frames = Math.max(1, view.getUint32(at + 8));
    }
    at += 12 + length;
  }
  return { endsEarly: true, frames };
}

/** WebP (RFC 9649, section 2.7): chunks of even length after a 12-byte header; each ANMF is a frame. */
function countWebpFrames(view: DataView, maxFrames: number): number {
  let frames = 0;
  for (let at = 12; at + 8 <= view.byteLength && frames <= maxFrames; ) {
    if (view.getUint32(at) === 0x414e4d46 /* ANMF */) frames += 1;
    const length = view.getUint32(at + 4, true);
    at += 8 + length + (length % 2);
  }
  return Math.max(1, frames);
}

/** GIF89a: a screen and its colours, then extensions (0x21) and frames (0x2c), each with blocks up to an empty one. */
function countGifFrames(bytes: Uint8Array, maxFrames: number): number {
  let at = 13 + colourTableBytes(bytes[10]);
  let frames = 0;
  while (at < bytes.length && frames <= maxFrames) {
    const kind = bytes[at];
    if (kind === 0x2c) frames += 1;
    else if (kind !== 0x21) break;
    // A frame's place and size, its colours and the width of its codes; an extension's label.
    at += kind === 0x2c ? 11 + colourTableBytes(bytes[at + 9]) : 2;
    for (let length = bytes[at]; length !== undefined && length !== 0; length = bytes[at]) at += length + 1;
    at += 1;
  }
  return Math.max(1, frames);
}

function colourTableBytes(flags = 0): number {
  return flags & 0x80 ? 3 << ((flags & 7) + 1) : 0;
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
