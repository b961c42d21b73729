import type { Pixels } from "../../src/fingerprint/fingerprint.ts";
import type { Transform } from "../../src/fingerprint/transform.ts";

/** Random waves of grey and colour, coarse and fine, the same for the same seed; rich enough to hash. */
export function texturedPicture(width: number, height: number, seed = 1): Pixels {
  const random = seededRandom(seed);
  const waves = Array.from({ length: 60 }, (_, i) => ({
    across: (random() - 0.5) * (20 + 2 * i),
    down: (random() - 0.5) * (20 + 2 * i),
    phase: random() * 2 * Math.PI,
    strength: 8 + random() * 12,
    channel: Math.floor(random() * 3),
  }));
  const data = new Uint8Array(width * height * 3);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const colour: [number, number, number] = [128, 128, 128];
      for (const { across, down, phase, strength, channel } of waves) {
        const value = strength * Math.sin((across * (x + 0.5)) / width + (down * (y + 0.5)) / height + phase);
        for (let c = 0; c < 3; c++) {
          colour[c] = (colour[c] ?? 0) + (c === channel ? value : value / 2);
        }
      }
      data.set(
        colour.map((value) => Math.max(0, Math.min(255, Math.round(value)))),
        (y * width + x) * 3,
      );
    }
  }
  return { data, width, height };
}

/** Every byte random: no structure at all, so that any slip in indexing shows. */
export function noisePicture(width: number, height: number, seed = 1): Pixels {
  const random = seededRandom(seed);
  return { data: Uint8Array.from({ length: width * height * 3 }, () => random() * 256), width, height };
}

/** A picture's pixels under one of the symmetries. */
export function turned(picture: Pixels, transform: Transform): Pixels {
  const { width: w, height: h } = picture;
  switch (transform) {
    case "identity":
      return picture;
    case "mirror":
      return rearrange(picture, w, h, (x, y) => [w - 1 - x, y]);
    case "flip":
      return rearrange(picture, w, h, (x, y) => [x, h - 1 - y]);
    case "rotate180":
      return rearrange(picture, w, h, (x, y) => [w - 1 - x, h - 1 - y]);
    case "rotate90":
      return rearrange(picture, h, w, (x, y) => [y, h - 1 - x]);
    case "rotate270":
      return rearrange(picture, h, w, (x, y) => [w - 1 - y, x]);
    case "transpose":
      return rearrange(picture, h, w, (x, y) => [y, x]);
    case "transverse":
      return rearrange(picture, h, w, (x, y) => [w - 1 - y, h - 1 - x]);
  }
}

/** Rearranges the pixels: `source` names the pixel of the picture that goes to (x, y) of a new one of the given size. */
export function rearrange(
  pixels: Pixels,
  width: number,
  height: number,
  source: (x: number, y: number) => readonly [number, number],
): Pixels {
  const data = new Uint8Array(width * height * 3);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const [fromX, fromY] = source(x, y);
      const from = (fromY * pixels.width + fromX) * 3;
      data.set(pixels.data.subarray(from, from + 3), (y * width + x) * 3);
    }
  }
  return { data, width, height };
}

/** Numbers in 0..1 by mulberry32. */
function seededRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}
