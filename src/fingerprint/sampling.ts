/** Samples of a picture along each axis, as PDQ takes them. */
export const PDQ_GRID = 64;

/** Blocks of a picture along each axis, as blockhash takes them with 256 bits. */
export const BLOCK_GRID = 16;

/** The box each of `count` samples is averaged over, along one axis, in pixels from the left or top edge. */
export interface Boxes {
  readonly lo: Float64Array;
  readonly hi: Float64Array;
  /** The same edges as the pixel they fall in, and how far into it. */
  readonly loPixel: Int32Array;
  readonly loPart: Float64Array;
  readonly hiPixel: Int32Array;
  readonly hiPart: Float64Array;
  /** How far the boxes' centres lie beyond the centres of equal cells, in cells. */
  readonly shift: number;
}

/** Phase of the samples in cells: the reference's is 0.1875 at 512 pixels and more, 0.375 at 256. */
const SHIFT = 0.2;

/**
 * Where the 64 PDQ samples of a side lie.
 *
 * The reference (Meta's hashing.pdf) filters with windows of a whole number of pixels and samples at whole pixels, which
 * moves its samples off the cells' centres by an amount that jumps with the size: 3/16 of a cell at 512 pixels and more,
 * 3/8 at 256, nothing below 100. Those jumps are most of what separates its hash of a picture from that of the half-size
 * copy. Here a sample is the mean over a cell, by area, and shifted the same at every size from 128 up; below, where the
 * reference filters nothing, shift and width shrink.
 * A side of exactly 256 pixels, common for thumbnails, keeps the reference's own phase and window: at that size fine
 * textures would hash elsewhere otherwise. docs/decisions/0002-fingerprints.md has the measurements.
 *
 * @param side pixels, 5 or more
 */
export function pdqBoxes(side: number): Boxes {
  if (side === 256) {
    return boxes(side, PDQ_GRID, 0.375, 0.5);
  }
  const fade = Math.min(1, Math.max(0, (side - 96) / 32));
  return boxes(side, PDQ_GRID, SHIFT * fade, 0.5 + fade / 2);
}

/** The 16 equal blocks of a side, in pixels; their edges fall inside pixels where the side is no multiple of 16. */
export function blockBoxes(side: number): Boxes {
  return boxes(side, BLOCK_GRID, 0, 1);
}

/** Photos come in few sizes: the boxes of the last sides seen are kept. */
const known = new Map<string, Boxes>();
const MOST_KNOWN = 256;

function boxes(side: number, count: number, shift: number, width: number): Boxes {
  const key = `${side}/${count}`;
  let found = known.get(key);
  if (found === undefined) {
    if (known.size >= MOST_KNOWN) {
      known.clear();
    }
    found = makeBoxes(side, count, shift, width);
    known.set(key, found);
  }
  return found;
}

function makeBoxes(side: number, count: number, shift: number, width: number): Boxes {
  const cell = side / count;
  const lo = new Float64Array(count);
  const hi = new Float64Array(count);
  for (let i = 0; i < count; i++) {
    const centre = (i + 0.5 + shift) * cell;
    lo[i] = Math.max(0, centre - (width * cell) / 2);
    hi[i] = Math.min(side, centre + (width * cell) / 2);
  }
  const loPixel = Int32Array.from(lo);
  const hiPixel = Int32Array.from(hi);
  const loPart = lo.map((edge, i) => edge - (loPixel[i] ?? 0));
  const hiPart = hi.map((edge, i) => edge - (hiPixel[i] ?? 0));
  return { lo, hi, loPixel, loPart, hiPixel, hiPart, shift };
}
