import sharp, { type Sharp } from "sharp";
import { seeded } from "../support/pictures.ts";

/** One golden picture to make: its name ends in its format. */
export interface GoldenDrawing {
  readonly name: string;
  /** Whether every decoder of the format gives the same pixels. */
  readonly lossless: boolean;
  draw(): Promise<Buffer>;
}

/** Levels (0..1) by place; places are in pixels. */
type Field = (x: number, y: number) => number;

/** Smooth noise at four scales, as clouds and ground have it. */
function clouds(seed: number, cell: number): Field {
  const octaves = [0, 1, 2, 3].map((octave) => ({ noise: lattice(seed * 7 + octave), size: cell / 2 ** octave }));
  return (x, y) =>
    octaves.reduce((sum, { noise, size }, octave) => sum + noise(x / size, y / size) / 2 ** (octave + 1), 0);
}

/** Value noise: random levels at whole places, blended smoothly between them. */
function lattice(seed: number): Field {
  const random = seeded(seed);
  const side = 64;
  const levels = Float64Array.from({ length: side * side }, random);
  const at = (x: number, y: number) => levels[(y & (side - 1)) * side + (x & (side - 1))] ?? 0;
  const ease = (part: number) => part * part * (3 - 2 * part);
  return (x, y) => {
    const left = Math.floor(x);
    const top = Math.floor(y);
    const across = ease(x - left);
    const down = ease(y - top);
    const above = at(left, top) * (1 - across) + at(left + 1, top) * across;
    const below = at(left, top + 1) * (1 - across) + at(left + 1, top + 1) * across;
    return above * (1 - down) + below * down;
  };
}

/** A landscape of a kind: sky, hills behind each other and a few round things, lit from one side. */
function scene(seed: number, width: number, height: number): Sharp {
  const random = seeded(seed);
  const ground = clouds(seed, width / 5);
  const ridge = lattice(seed + 1);
  const hills = [0.35, 0.55, 0.75].map((level, place) => ({
    level,
    steep: 2 + place * 1.5,
    tint: [random(), random(), random()],
  }));
  const balls = Array.from({ length: 9 }, () => ({
    x: random() * width,
    y: random() * height,
    radius: (0.04 + 0.14 * random()) * width,
    tint: [random(), random(), random()],
  }));
  const data = new Uint8Array(width * height * 3);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const texture = ground(x, y);
      let colour = [0.5 + 0.3 * texture, 0.6 + 0.3 * texture, 0.75 + 0.25 * (1 - y / height)];
      for (const [place, { level, steep, tint }] of hills.entries()) {
        if (y / height > level + 0.25 * (ridge((x / width) * steep, place * 9) - 0.5)) {
          colour = tint.map((share) => (0.2 + 0.6 * share) * (0.45 + 0.75 * texture));
        }
      }
      for (const ball of balls) {
        const across = (x - ball.x) / ball.radius;
        const down = (y - ball.y) / ball.radius;
        if (across * across + down * down < 1) {
          colour = ball.tint.map(
            (share) => (0.15 + 0.75 * share) * (0.75 - 0.35 * across - 0.25 * down + 0.2 * texture),
          );
        }
      }
      for (const [channel, level] of colour.entries()) {
        data[(y * width + x) * 3 + channel] = Math.max(0, Math.min(255, Math.round(level * 255)));
      }
    }
  }
  return sharp(data, { raw: { width, height, channels: 3 } });
}

/** An oval that is opaque inside and fades out towards the edge. */
function ovalMask(width: number, height: number): Buffer {
  const mask = Buffer.alloc(width * height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const off = Math.hypot((2 * x) / width - 1, (2 * y) / height - 1);
      mask[y * width + x] = Math.max(0, Math.min(255, Math.round((1.15 - off) * 640)));
    }
  }
  return mask;
}

/** Few colours and no dithering: what is stored without loss stays small. */
const FEW_COLOURS = { palette: true, colours: 12, dither: 0, effort: 10 } as const;

/** Every format that is decoded, and each thing done to pixels before they are hashed. */
export const GOLDEN_DRAWINGS: readonly GoldenDrawing[] = [
  {
    name: "colours.png",
    lossless: true,
    draw: () => scene(11, 160, 130).png(FEW_COLOURS).toBuffer(),
  },
  {
    name: "alpha.png",
    lossless: true,
    async draw() {
      const width = 80;
      const height = 72;
      const mask = { raw: { width, height, channels: 1 as const } };
      const masked = await scene(23, width, height).joinChannel(ovalMask(width, height), mask).png().toBuffer();
      return await sharp(masked).png(FEW_COLOURS).toBuffer();
    },
  },
  {
    name: "bordered.gif",
    lossless: true,
    draw: () =>
      scene(37, 120, 96)
        .extend({ top: 20, bottom: 20, left: 6, right: 6, background: "#101010" })
        .gif({ colours: 12, dither: 0, effort: 10 })
        .toBuffer(),
  },
  {
    name: "skewed.png",
    lossless: true,
    draw: () =>
      scene(43, 88, 112)
        .rotate(8, { background: "#ffffff" })
        .png({ ...FEW_COLOURS, colours: 8 })
        .toBuffer(),
  },
  {
    name: "lossless.webp",
    lossless: true,
    async draw() {
      const few = await scene(41, 72, 84).png(FEW_COLOURS).toBuffer();
      return await sharp(few).webp({ lossless: true, quality: 100, effort: 6 }).toBuffer();
    },
  },
  {
    name: "turned.jpeg",
    lossless: false,
    draw: () => scene(53, 240, 180).withMetadata({ orientation: 6 }).jpeg({ quality: 30 }).toBuffer(),
  },
  {
    name: "display-p3.jpeg",
    lossless: false,
    draw: () => scene(101, 120, 152).withIccProfile("p3").jpeg({ quality: 30 }).toBuffer(),
  },
  {
    name: "lossy.webp",
    lossless: false,
    draw: () => scene(61, 256, 160).webp({ quality: 25, effort: 6 }).toBuffer(),
  },
  {
    name: "still.avif",
    lossless: false,
    draw: () => scene(71, 240, 176).avif({ quality: 30, effort: 6 }).toBuffer(),
  },
];
