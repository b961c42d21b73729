import type { Pixels } from "./fingerprint.ts";

/** Part of a picture, in pixels from its top left corner. */
export interface Box {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** A pixel is of the border's colour where no channel differs by more levels (of 255): compression rings that far. */
const SAME_COLOUR_LEVELS = 20;

/** Share of a line that is of the border's colour where the line is border, and where it may be border with words on it. */
const BLANK_SHARE = 0.97;
const CAPTION_SHARE = 0.4;

/** Lines that caption text may take up in a row, and all that one side may lose, as shares of the picture's side. */
const CAPTION_LINES = 0.3;
const MOST_OFF_A_SIDE = 0.45;

/** What must be left, and what must go for trimming to count, as shares of a side; and the least side left, in pixels. */
const LEAST_LEFT = 0.2;
const LEAST_GONE = 0.015;
const LEAST_SIDE = 32;

/** Pixels of a line that are looked at. */
const SAMPLES = 200;

/**
 * A bar of another colour may lie inside a border, and a photo's own even margin changes its colour as it goes; cut to the
 * end of it, a framed copy is left with what the photo itself is.
 */
const ROUNDS = 24;

const channel = [new Uint8Array(SAMPLES * 2), new Uint8Array(SAMPLES * 2), new Uint8Array(SAMPLES * 2)];

/** A line of pixels: `count` of them, `step` bytes apart, the first at `start`. */
interface Line {
  readonly start: number;
  readonly step: number;
  readonly count: number;
}

/**
 * The part of a picture that is left when uniform borders, letterbox bars and caption bars are cut off; null where there are
 * none, or hardly anything else. A caption bar is a border with words on it, with blank lines on both sides of the words.
 */
export function trimBox(pixels: Pixels): Box | null {
  const { width, height } = pixels;
  let box: Box = { left: 0, top: 0, width, height };
  for (let round = 0; round < ROUNDS; round++) {
    // All sides of one and the same box: inside its frame, a picture is trimmed as it would be without.
    const { top, bottom } = borderRows(pixels, box);
    const { left, right } = borderColumns(pixels, box);
    if (top + bottom + left + right === 0) break;
    box = {
      left: box.left + left,
      top: box.top + top,
      width: box.width - left - right,
      height: box.height - top - bottom,
    };
  }
  const gone = Math.max(1 - box.width / width, 1 - box.height / height);
  const left = Math.min(box.width / width, box.height / height);
  if (gone < LEAST_GONE || left < LEAST_LEFT || Math.min(box.width, box.height) < LEAST_SIDE) return null;
  return box;
}

function borderRows(pixels: Pixels, box: Box): { top: number; bottom: number } {
  const stride = pixels.width * 3;
  const step = stepFor(box.width);
  const line = (y: number): Line => ({
    start: y * stride + box.left * 3,
    step: step * 3,
    count: Math.floor((box.width - 1) / step) + 1,
  });
  const top = borderLines(pixels.data, box.height, (i) => line(box.top + i));
  const bottom = borderLines(pixels.data, box.height, (i) => line(box.top + box.height - 1 - i));
  return { top, bottom };
}

function borderColumns(pixels: Pixels, box: Box): { left: number; right: number } {
  const stride = pixels.width * 3;
  const step = stepFor(box.height);
  const line = (x: number): Line => ({
    start: box.top * stride + x * 3,
    step: step * stride,
    count: Math.floor((box.height - 1) / step) + 1,
  });
  const left = borderLines(pixels.data, box.width, (i) => line(box.left + i));
  const right = borderLines(pixels.data, box.width, (i) => line(box.left + box.width - 1 - i));
  return { left, right };
}

function stepFor(side: number): number {
  return Math.max(1, Math.floor(side / SAMPLES));
}

/**
 * How many lines from one side on are border: up to the last blank one before the picture begins. The same for all sides, so
 * that a turned picture is cut as it would be upright.
 */
function borderLines(data: Uint8Array, side: number, lineAt: (i: number) => Line): number {
  const most = Math.floor(side * MOST_OFF_A_SIDE);
  const mostText = side * CAPTION_LINES;
  const first = lineAt(0);
  const [red, green, blue] = [median(data, first, 0), median(data, first, 1), median(data, first, 2)];
  let border = 0;
  for (let i = 0; i < most; i++) {
    const share = shareOf(data, lineAt(i), red, green, blue);
    if (share >= BLANK_SHARE) border = i + 1;
    else if (border === 0 || share < CAPTION_SHARE || i + 1 - border > mostText) break;
  }
  return border;
}

function median(data: Uint8Array, { start, step, count }: Line, offset: number): number {
  const values = channel[offset]?.subarray(0, count) ?? new Uint8Array(count);
  for (let i = 0; i < count; i++) values[i] = data[start + i * step + offset] ?? 0;
  return values.sort()[count >> 1] ?? 0;
}

/** Share of a line's pixels that are of one colour, 0..1. */
function shareOf(data: Uint8Array, { start, step, count }: Line, red: number, green: number, blue: number): number {
  let same = 0;
  for (let i = 0, at = start; i < count; i++, at += step) {
    const off = Math.max(
      Math.abs((data[at] ?? 0) - red),
      Math.abs((data[at + 1] ?? 0) - green),
      Math.abs((data[at + 2] ?? 0) - blue),
    );
    if (off <= SAME_COLOUR_LEVELS) same++;
  }
  return same / count;
}
