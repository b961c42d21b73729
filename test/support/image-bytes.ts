import { fileURLToPath } from "node:url";

/** ISO base media `ftyp` box with brands of four characters, followed by nothing. */
export function ftypBytes(major: string, ...compatible: string[]): Uint8Array {
  const text = `ftyp${major}\0\0\0\0${compatible.join("")}`;
  return Buffer.concat([uint32(text.length + 4), Buffer.from(text, "latin1")]);
}

/** A GIF with a logical screen of the given size and `frames` frames of one pixel each. */
export function gifWithFrames(width: number, height: number, frames: number): Uint8Array {
  const screen = Buffer.from([width & 255, width >> 8, height & 255, height >> 8, 0x80, 0, 0, 0, 0, 0, 255, 255, 255]);
  const control = [0x21, 0xf9, 4, 0, 10, 0, 0, 0];
  const picture = (i: number) => [0x2c, i % 2, 0, 0, 0, 1, 0, 1, 0, 0, 2, 2, 0x4c, 0x01, 0];
  const body = Array.from({ length: frames }, (_, i) => Buffer.from([...control, ...picture(i)]));
  return Buffer.concat([Buffer.from("GIF89a"), screen, ...body, Buffer.from([0x3b])]);
}

/** The JPEG with another size written into its frame header (baseline or progressive). */
export function withJpegSize(jpeg: Uint8Array, width: number, height: number): Uint8Array {
  const copy = Buffer.from(jpeg);
  const at = copy.findIndex((byte, i) => byte === 0xff && (copy[i + 1] === 0xc0 || copy[i + 1] === 0xc2));
  copy.writeUInt16BE(height, at + 5);
  copy.writeUInt16BE(width, at + 7);
  return copy;
}

/** The PNG with the chunk that declares it animated, of `frames` frames, after its header. */
export function withPngFrames(png: Uint8Array, frames: number): Uint8Array {
  const content = Buffer.concat([Buffer.from("acTL"), uint32(frames), uint32(0)]);
  const chunk = Buffer.concat([uint32(8), content, uint32(crc32(content))]);
  return Buffer.concat([png.subarray(0, 33), chunk, png.subarray(33)]);
}

/** The folder of this project, which no message to a caller may name. */
export const PROJECT_FOLDER = fileURLToPath(new URL("../..", import.meta.url));

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value >>> 0);
  return bytes;
}

/** PNG's checksum (W3C PNG, annex D). */
function crc32(bytes: Uint8Array): number {
  let crc = ~0;
  for (const byte of bytes) {
    crc ^= byte;
    for (let k = 0; k < 8; k++) {
      crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
    }
  }
  return ~crc;
}
