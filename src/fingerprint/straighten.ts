import type { Pixels } from "./fingerprint.ts";
import type { Skew } from "./skew.ts";

/** Longest side of the straightened picture, in pixels: eight to a PDQ sample. */
const LONGEST_SIDE = 512;
const SHORTEST_SIDE = 32;

/**
 * The turned picture set upright, the ground around it gone; null where hardly anything is left. Pixels are taken by bilinear
 * interpolation; what was cut off at the canvas's edge is filled with the pixels nearest to it.
 */
export function straighten(pixels: Pixels, skew: Skew): Pixels | null {
  const across = skew.right - skew.left;
  const down = skew.bottom - skew.top;
  const scale = Math.max(1, Math.max(across, down) / LONGEST_SIDE);
  const width = Math.round(across / scale);
  const height = Math.round(down / scale);
  if (width < SHORTEST_SIDE || height < SHORTEST_SIDE) return null;
  const data = new Uint8Array(width * height * 3);
  const [cos, sin] = [Math.cos(skew.angle), Math.sin(skew.angle)];
  for (let j = 0; j < height; j++) {
    const v = skew.top + ((j + 0.5) * down) / height;
    for (let i = 0; i < width; i++) {
      const u = skew.left + ((i + 0.5) * across) / width;
      copyPixel(pixels, u * cos - v * sin - 0.5, u * sin + v * cos - 0.5, data, (j * width + i) * 3);
    }
  }
  return { data, width, height };
}

function copyPixel({ data, width, height }: Pixels, x: number, y: number, into: Uint8Array, at: number): void {
  const inX = Math.min(Math.max(x, 0), width - 1);
  const inY = Math.min(Math.max(y, 0), height - 1);
  const left = Math.min(Math.floor(inX), width - 2);
  const top = Math.min(Math.floor(inY), height - 2);
  const [across, down] = [inX - left, inY - top];
  const from = (top * width + left) * 3;
  const below = from + width * 3;
  for (let channel = 0; channel < 3; channel++) {
    const a = data[from + channel] ?? 0;
    const b = data[from + channel + 3] ?? 0;
    const c = data[below + channel] ?? 0;
    const d = data[below + channel + 3] ?? 0;
    const upper = a + (b - a) * across;
    const lower = c + (d - c) * across;
    into[at + channel] = Math.round(upper + (lower - upper) * down);
  }
}
