/** What a JPEG's frame header declares. */
export interface JpegSize {
  /** Pixels, before EXIF orientation. */
  readonly width: number;
  readonly height: number;
  /** Whether it is progressive: made of scans that each refine the whole picture. */
  readonly progressive: boolean;
}

/**
 * A JPEG's frame header, or null where none is found.
 * Reading it here spares small photos a second opening by the decoder; the decoder still applies its own pixel limit.
 */
export function jpegSize(bytes: Uint8Array): JpegSize | null {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 2;
  while (at + 9 <= bytes.length) {
    if (view.getUint8(at) !== 0xff) {
      return null;
    }
    const marker = view.getUint8(at + 1);
    if (marker === 0xff) {
      at += 1;
    } else if (isFrameHeader(marker)) {
      return { height: view.getUint16(at + 5), width: view.getUint16(at + 7), progressive: marker === 0xc2 };
    } else {
      at += 2 + view.getUint16(at + 2);
    }
  }
  return null;
}

/** SOF0 to SOF15 without the tables and markers that share their range (DHT, JPG, DAC). */
function isFrameHeader(marker: number): boolean {
  return marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc;
}
