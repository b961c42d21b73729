const START_OF_SCAN = 0xda;
const END_OF_IMAGE = 0xd9;

/**
 * Scans of a JPEG (ITU-T T.81, annex B): segments are stepped over by their lengths, the data behind a scan's header up to
 * the next marker. Each scan of a progressive picture costs a pass over all of its pixels, however few bytes it has.
 * @param most scans beyond which no more are counted
 */
export function countJpegScans(bytes: Uint8Array, most: number): number {
  let scans = 0;
  for (let at = 2; at + 4 <= bytes.length && scans <= most; ) {
    const marker = bytes[at + 1] ?? 0;
    if (bytes[at] !== 0xff || marker === END_OF_IMAGE) break;
    if (marker === 0xff) {
      at += 1;
      continue;
    }
    at += 2 + (((bytes[at + 2] ?? 0) << 8) | (bytes[at + 3] ?? 0));
    if (marker === START_OF_SCAN) {
      scans += 1;
      at = nextMarker(bytes, at);
    }
  }
  return scans;
}

/** Place of the next marker that ends a scan's data: neither a stuffed zero nor a restart. */
function nextMarker(bytes: Uint8Array, from: number): number {
  for (let at = bytes.indexOf(0xff, from); at >= 0; at = bytes.indexOf(0xff, at + 1)) {
    const marker = bytes[at + 1] ?? 0;
    const isData = marker === 0 || marker === 0xff || (marker >= 0xd0 && marker <= 0xd7);
    if (!isData) return at;
  }
  return bytes.length;
}
