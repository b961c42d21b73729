import sharp, { type Sharp } from "sharp";
import type { Pixels } from "../../src/fingerprint/fingerprint.ts";

const WIDTH = 480;
const HEIGHT = 360;

/** One grey level per pixel, 0..255. */
type Shade = (x: number, y: number) => number;

/**
 * Pictures with too little in them to be told from one another by a perceptual hash: blank, two-tone, gradients, stripes,
 * solid shapes, a few words on white. Some families hold near twins on purpose.
 */
export async function flatPictures(): Promise<Map<string, Pixels>> {
  const pictures = new Map<string, Pixels>();
  for (const [name, shade] of Object.entries(shades())) {
    pictures.set(name, grey(shade));
  }
  for (const [name, body] of Object.entries(drawings())) {
    pictures.set(name, await draw(body));
  }
  for (const name of ["half-left", "circle", "gradient-right", "white", "word-hello"]) {
    const picture = pictures.get(name);
    if (picture !== undefined) {
      pictures.set(`${name}-jpeg`, await viaJpeg(picture));
    }
  }
  return pictures;
}

function shades(): Record<string, Shade> {
  const across: Shade = (x) => (x * 255) / WIDTH;
  const down: Shade = (_x, y) => (y * 255) / HEIGHT;
  return {
    black: () => 0,
    white: () => 255,
    grey: () => 128,
    "nearly-white": (x, y) => ((x * 7 + y * 13) % 11 === 0 ? 254 : 255),
    "half-left": (x) => (x < WIDTH / 2 ? 20 : 235),
    "half-left-soft": (x) => (x < WIDTH / 2 ? 100 : 140),
    "half-top": (_x, y) => (y < HEIGHT / 2 ? 20 : 235),
    "third-left": (x) => (x < WIDTH / 3 ? 20 : 235),
    diagonal: (x, y) => (x / WIDTH > y / HEIGHT ? 30 : 220),
    "diagonal-off": (x, y) => (x / WIDTH > y / HEIGHT + 0.05 ? 30 : 220),
    quarters: (x, y) => (x < WIDTH / 2 === y < HEIGHT / 2 ? 0 : 255),
    "gradient-right": across,
    "gradient-down": down,
    "gradient-left-faint": (x) => 200 - (x * 60) / WIDTH,
    "gradient-diagonal": (x, y) => (across(x, y) + down(x, y)) / 2,
    "gradient-radial": (x, y) => 255 - Math.hypot(x - WIDTH / 2, y - HEIGHT / 2) * 0.8,
    "gradient-radial-off": (x, y) => 255 - Math.hypot(x - WIDTH / 2 - 12, y - HEIGHT / 2) * 0.8,
    "gradient-corner": (x, y) => 255 - Math.hypot(x, y) * 0.4,
    vignette: (x, y) => 200 - ((x - WIDTH / 2) ** 2 + (y - HEIGHT / 2) ** 2) / 800,
    "product-of-waves": (x, y) => 128 + 100 * Math.sin((Math.PI * x) / WIDTH) * Math.sin((Math.PI * y) / HEIGHT),
    "stripes-wide": (x) => (Math.floor(x / 60) % 2 === 0 ? 0 : 255),
    "stripes-narrow": (x) => (Math.floor(x / 8) % 2 === 0 ? 0 : 255),
    "stripes-across": (_x, y) => (Math.floor(y / 30) % 2 === 0 ? 40 : 210),
    "stripes-slanted": (x, y) => (Math.floor((x + y) / 40) % 2 === 0 ? 40 : 210),
    "checks-wide": (x, y) => ((Math.floor(x / 60) + Math.floor(y / 60)) % 2 === 0 ? 0 : 255),
    "checks-narrow": (x, y) => ((Math.floor(x / 15) + Math.floor(y / 15)) % 2 === 0 ? 0 : 255),
    frame: (x, y) => (x < 30 || y < 30 || x >= WIDTH - 30 || y >= HEIGHT - 30 ? 0 : 255),
    "frame-thin": (x, y) => (x < 10 || y < 10 || x >= WIDTH - 10 || y >= HEIGHT - 10 ? 0 : 255),
    letterbox: (_x, y) => (y < 45 || y >= HEIGHT - 45 ? 0 : 90),
    "faint-noise": noise(1),
    "faint-noise-other": noise(2),
  };
}

function drawings(): Record<string, string> {
  const text = (words: string, x: number, y: number, size: number) =>
    `<text x="${x}" y="${y}" font-family="sans-serif" font-size="${size}" fill="#111">${words}</text>`;
  const lines = (first: number, words: readonly string[]) =>
    words.map((word, i) => text(word, 30, first + i * 30, 22)).join("");
  return {
    circle: '<circle cx="240" cy="180" r="110" fill="#222"/>',
    "circle-larger": '<circle cx="240" cy="180" r="118" fill="#222"/>',
    "circle-beside": '<circle cx="248" cy="184" r="110" fill="#555"/>',
    ellipse: '<ellipse cx="240" cy="180" rx="118" ry="104" fill="#222"/>',
    rounded: '<rect x="140" y="80" width="200" height="200" rx="70" fill="#222"/>',
    square: '<rect x="140" y="80" width="200" height="200" fill="#222"/>',
    "square-red": '<rect x="140" y="80" width="200" height="200" fill="#c02020"/>',
    triangle: '<path d="M240 60 L380 300 L100 300 Z" fill="#222"/>',
    "triangle-higher": '<path d="M240 50 L380 296 L100 296 Z" fill="#222"/>',
    ring: '<circle cx="240" cy="180" r="100" fill="none" stroke="#222" stroke-width="20"/>',
    cross: '<path d="M220 40 h40 v120 h120 v40 h-120 v120 h-40 v-120 h-120 v-40 h120 z" fill="#222"/>',
    "two-circles": '<circle cx="150" cy="180" r="70" fill="#222"/><circle cx="330" cy="180" r="70" fill="#222"/>',
    star: '<path d="M240 40 L278 140 L385 145 L302 212 L330 315 L240 257 L150 315 L178 212 L95 145 L202 140 Z" fill="#222"/>',
    "word-hello": text("Hello", 150, 200, 72),
    "word-hallo": text("Hallo", 150, 200, 72),
    "word-small": text("sold out", 200, 185, 20),
    "word-small-other": text("cold cut", 200, 185, 20),
    "two-lines": text("No image", 130, 160, 50) + text("available", 130, 220, 50),
    "two-lines-other": text("No photo", 130, 160, 50) + text("available", 130, 220, 50),
    "list-of-words": lines(60, [
      "Monday 9 to 5",
      "Tuesday 9 to 5",
      "Wednesday 9 to 5",
      "Thursday 9 to 5",
      "Friday 9 to 3",
    ]),
    "list-of-words-other": lines(60, [
      "Monday 8 to 5",
      "Tuesday 8 to 5",
      "Wednesday 8 to 5",
      "Thursday 8 to 5",
      "Friday 8 to 4",
    ]),
  };
}

/** A fixed pattern of noise, one level to either side. */
function noise(seed: number): Shade {
  return (x, y) => 128 + (Math.imul(x * 374761393 + y * 668265263 + seed * 974711, 1274126177) >>> 30) - 1;
}

function grey(shade: Shade): Pixels {
  const data = new Uint8Array(WIDTH * HEIGHT * 3);
  for (let y = 0; y < HEIGHT; y++) {
    for (let x = 0; x < WIDTH; x++) {
      data.fill(Math.max(0, Math.min(255, Math.round(shade(x, y)))), (y * WIDTH + x) * 3, (y * WIDTH + x) * 3 + 3);
    }
  }
  return { data, width: WIDTH, height: HEIGHT };
}

/** An SVG body on white. Text takes whatever font the machine has. */
async function draw(body: string): Promise<Pixels> {
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${HEIGHT}"><rect width="100%" height="100%" fill="#fff"/>${body}</svg>`;
  return rawPixels(sharp(Buffer.from(svg)));
}

/** The same picture after JPEG compression, which adds faint noise. */
async function viaJpeg({ data, width, height }: Pixels): Promise<Pixels> {
  return rawPixels(
    sharp(
      await sharp(data, { raw: { width, height, channels: 3 } })
        .jpeg({ quality: 75 })
        .toBuffer(),
    ),
  );
}

async function rawPixels(image: Sharp): Promise<Pixels> {
  const { data, info } = await image.removeAlpha().raw().toBuffer({ resolveWithObject: true });
  return { data, width: info.width, height: info.height };
}
