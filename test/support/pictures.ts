import sharp from "sharp";

/** A generator of pseudo-random numbers in 0..1 that a seed fixes (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let value = Math.imul(state ^ (state >>> 15), state | 1);
    value ^= value + Math.imul(value ^ (value >>> 7), value | 61);
    return ((value ^ (value >>> 14)) >>> 0) / 4294967296;
  };
}

/**
 * A picture with detail at every scale, unlike that of any other seed: overlapping discs in random colours.
 * Lossless, 8-bit RGB.
 */
export async function detailedPicture(seed: number, width = 640, height = 480): Promise<Buffer> {
  const random = seeded(seed);
  const discs = Array.from({ length: 120 }, () => {
    const radius = 6 + random() ** 3 * 160;
    const colour = `rgb(${Math.floor(random() * 256)},${Math.floor(random() * 256)},${Math.floor(random() * 256)})`;
    return `<circle cx="${random() * width}" cy="${random() * height}" r="${radius}" fill="${colour}"/>`;
  });
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}"><rect width="100%" height="100%" fill="#888"/>${discs.join("")}</svg>`;
  return await sharp(Buffer.from(svg)).flatten({ background: "#fff" }).png().toBuffer();
}

/** A JPEG copy at a part of the picture's width. */
export async function shrunkCopy(picture: Buffer, part = 0.5, quality = 80): Promise<Buffer> {
  const { width = 0 } = await sharp(picture).metadata();
  return await sharp(picture)
    .resize({ width: Math.round(width * part) })
    .jpeg({ quality })
    .toBuffer();
}

/** A PNG copy of a width in pixels. */
export async function largeCopy(picture: Buffer, width: number): Promise<Buffer> {
  return await sharp(picture).resize({ width }).png().toBuffer();
}

/** One colour all over: too little detail to be matched by its looks. */
export async function flatPicture(colour = "#336699", width = 200, height = 150): Promise<Buffer> {
  return await sharp({ create: { width, height, channels: 3, background: colour } })
    .png()
    .toBuffer();
}
