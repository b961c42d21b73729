import type { Pixels } from "./fingerprint.ts";

/** A picture that lies turned on a ground of one colour. */
export interface Skew {
  /** Clockwise, in radians. */
  readonly angle: number;
  /** Where its sides lie, in pixels, in coordinates turned with it: u = x cos + y sin, v = y cos - x sin. */
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

/** A pixel is ground where no channel differs by more levels (of 255) from the corners' colour. */
const SAME_COLOUR_LEVELS = 20;

/** Positions along a side from which the ground's depth is measured. */
const SAMPLES = 64;

/** Share of a side's depth that is looked into. */
const DEEPEST = 0.45;

/** Slopes that count as turned: 0.4 to 17 degrees. */
const LEAST_SLOPE = 0.007;
const MOST_SLOPE = 0.3;

/** A depth is on a line within so many pixels; so many of the depths must be, on so many sides, with slopes so alike. */
const ON_LINE_PIXELS = 1.5;
const ON_LINE_SHARE = 0.6;
const SIDES = 3;
const SLOPES_ALIKE = 0.008;

/** How deep the ground reaches from a side, as a line over the position along it: depth = slope * position + offset. */
interface EdgeLine {
  readonly slope: number;
  readonly offset: number;
}

const SIDE_NAMES = ["top", "right", "bottom", "left"] as const;
type SideName = (typeof SIDE_NAMES)[number];

/** Which way the depth changes along each side, positions counted from the left or the top, of a clockwise turn. */
const SIGN: Record<SideName, 1 | -1> = { top: 1, right: 1, bottom: -1, left: -1 };

/**
 * Finds a picture that was turned by a few degrees, its corners filled with one colour, on a canvas that was enlarged for it
 * or not. The ground's edge is a straight line on every side; lines are found by trying pairs of points (Fischler, Bolles:
 * Random Sample Consensus, 1981; here all pairs far enough apart). Null where there is no such picture.
 */
export function findSkew(pixels: Pixels): Skew | null {
  const ground = cornerColour(pixels);
  if (ground === null) return null;
  const found = SIDE_NAMES.flatMap((name) => {
    const line = fitLine(depthsOf(pixels, name, ground), lengthOf(pixels, name));
    return line === null ? [] : [{ name, line, slope: line.slope * SIGN[name] }];
  });
  const alike = found.map(({ slope }) => found.filter((other) => Math.abs(other.slope - slope) <= SLOPES_ALIKE));
  const best = alike.reduce((left, right) => (right.length > left.length ? right : left), []);
  if (best.length < SIDES) return null;
  const slope = best.reduce((sum, side) => sum + side.slope, 0) / best.length;
  return Math.abs(slope) < LEAST_SLOPE ? null : rectangle(pixels, slope, best);
}

function lengthOf({ width, height }: Pixels, side: SideName): number {
  return side === "top" || side === "bottom" ? width : height;
}

/** The colour that all four corners share; null where they don't. */
function cornerColour({ data, width, height }: Pixels): readonly [number, number, number] | null {
  const corners = [0, width - 1, (height - 1) * width, height * width - 1].map((pixel) => pixel * 3);
  const colour = [0, 1, 2].map((channel) => {
    const values = corners.map((at) => data[at + channel] ?? 0);
    const spread = Math.max(...values) - Math.min(...values);
    return spread <= SAME_COLOUR_LEVELS ? values.reduce((sum, value) => sum + value, 0) / values.length : null;
  });
  const [red = null, green = null, blue = null] = colour;
  return red === null || green === null || blue === null ? null : [red, green, blue];
}

/** How far the ground reaches into the picture at evenly spread positions of a side, in pixels. */
function depthsOf(pixels: Pixels, side: SideName, [red, green, blue]: readonly [number, number, number]): Float64Array {
  const { data, width, height } = pixels;
  const length = lengthOf(pixels, side);
  const across = side === "top" || side === "bottom";
  const depth = across ? height : width;
  const step = { top: width, bottom: -width, left: 1, right: -1 }[side] * 3;
  const most = Math.floor(depth * DEEPEST);
  return Float64Array.from({ length: SAMPLES }, (_, i) => {
    const position = positionOf(i, length);
    const x = across ? position : side === "left" ? 0 : width - 1;
    const y = across ? (side === "top" ? 0 : height - 1) : position;
    let at = (y * width + x) * 3;
    for (let deep = 0; deep < most; deep++, at += step) {
      const off = Math.max(
        Math.abs((data[at] ?? 0) - red),
        Math.abs((data[at + 1] ?? 0) - green),
        Math.abs((data[at + 2] ?? 0) - blue),
      );
      if (off > SAME_COLOUR_LEVELS) return deep;
    }
    return most;
  });
}

function positionOf(sample: number, length: number): number {
  return Math.floor(((sample + 0.5) * length) / SAMPLES);
}

/** The line most depths lie on, no depth below 0 expected of it; null where too few do. */
function fitLine(depths: Float64Array, length: number): EdgeLine | null {
  const apart = SAMPLES / 6;
  let best: EdgeLine | null = null;
  let most = SAMPLES * ON_LINE_SHARE - 1;
  for (let i = 0; i < SAMPLES; i++) {
    for (let j = i + apart; j < SAMPLES; j++) {
      const k = Math.floor(j);
      const [from = 0, to = 0] = [depths[i], depths[k]];
      if (from === 0 || to === 0) continue;
      const slope = (to - from) / (positionOf(k, length) - positionOf(i, length));
      if (Math.abs(slope) > MOST_SLOPE || Math.abs(slope) < LEAST_SLOPE / 2) continue;
      const line = { slope, offset: from - slope * positionOf(i, length) };
      const count = onLine(depths, length, line).length;
      if (count <= most) continue;
      most = count;
      best = line;
    }
  }
  return best === null ? null : refined(depths, length, best);
}

/** Samples that lie on a line; where it runs out of the picture, those without depth do. */
function onLine(depths: Float64Array, length: number, { slope, offset }: EdgeLine): number[] {
  const on: number[] = [];
  for (let i = 0; i < SAMPLES; i++) {
    const expected = Math.max(0, slope * positionOf(i, length) + offset);
    if (Math.abs((depths[i] ?? 0) - expected) <= ON_LINE_PIXELS) on.push(i);
  }
  return on;
}

/** Least squares over the samples with depth that lie on the line. */
function refined(depths: Float64Array, length: number, line: EdgeLine): EdgeLine {
  const points = onLine(depths, length, line)
    .map((i) => ({ position: positionOf(i, length), depth: depths[i] ?? 0 }))
    .filter(({ depth }) => depth > 0);
  const meanPosition = points.reduce((sum, { position }) => sum + position, 0) / points.length;
  const meanDepth = points.reduce((sum, { depth }) => sum + depth, 0) / points.length;
  let covariance = 0;
  let variance = 0;
  for (const { position, depth } of points) {
    covariance += (position - meanPosition) * (depth - meanDepth);
    variance += (position - meanPosition) ** 2;
  }
  const slope = variance === 0 ? line.slope : covariance / variance;
  return { slope, offset: meanDepth - slope * meanPosition };
}

/** The turned rectangle that the lines bound; a side without a line lies opposite its counterpart, about the centre. */
function rectangle(
  { width, height }: Pixels,
  slope: number,
  sides: readonly { readonly name: SideName; readonly line: EdgeLine }[],
): Skew {
  const angle = Math.atan(slope);
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  const depthAtMiddle = (name: SideName, middle: number): number | null => {
    const line = sides.find((side) => side.name === name)?.line;
    return line === undefined ? null : line.slope * middle + line.offset;
  };
  const [x, y] = [width / 2, height / 2];
  const [centreU, centreV] = [x * cos + y * sin, y * cos - x * sin];
  const top = depthAtMiddle("top", x);
  const bottom = depthAtMiddle("bottom", x);
  const left = depthAtMiddle("left", y);
  const right = depthAtMiddle("right", y);
  // From the centre to the side, along the turned axis.
  const up = (y - (top ?? bottom ?? 0)) * cos;
  const down = (y - (bottom ?? top ?? 0)) * cos;
  const back = (x - (left ?? right ?? 0)) * cos;
  const forth = (x - (right ?? left ?? 0)) * cos;
  return { angle, left: centreU - back, right: centreU + forth, top: centreV - up, bottom: centreV + down };
}
