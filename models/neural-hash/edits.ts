import sharp, { type Sharp } from "sharp";
import type { Pixels } from "../../src/fingerprint/fingerprint.ts";
import type { SeededRandom } from "./seeded-random.ts";

/** One kind of change that leaves a picture the same picture; what it does exactly is drawn from `random`. */
export interface Edit {
  readonly name: string;
  apply(photo: Pixels, random: SeededRandom): Promise<Pixels>;
}

/** What the hash is made to withstand above all. */
export const CROPS: readonly Edit[] = [
  { name: "crop-centre-little", apply: (photo, random) => cropCentre(photo, random.between(0.87, 0.96)) },
  { name: "crop-centre-some", apply: (photo, random) => cropCentre(photo, random.between(0.77, 0.87)) },
  { name: "crop-centre-more", apply: (photo, random) => cropCentre(photo, random.between(0.6, 0.77)) },
  { name: "crop-anywhere-1", apply: cropAnywhere },
  { name: "crop-anywhere-2", apply: cropAnywhere },
];

/** What it withstands beside that, as far as crops allow. */
export const OTHER_EDITS: readonly Edit[] = [
  { name: "mirror", apply: (photo) => toPixels(open(photo).flop()) },
  { name: "jpeg", apply: (photo, random) => compress(photo, Math.round(random.between(8, 50))) },
  { name: "scale", apply: (photo, random) => scale(photo, random.between(0.2, 0.7)) },
  { name: "blur", apply: (photo, random) => toPixels(open(photo).blur(random.between(0.5, 2.5))) },
  { name: "border", apply: addBorder },
  { name: "caption", apply: addCaption },
  { name: "rotate", apply: rotateSlightly },
  { name: "tone", apply: changeTone },
  { name: "saturation", apply: changeSaturation },
  { name: "noise", apply: addNoise },
  { name: "mirror-crop-jpeg", apply: mirrorCropCompress },
];

function open({ data, width, height }: Pixels): Sharp {
  return sharp(data, { raw: { width, height, channels: 3 } });
}

async function toPixels(picture: Sharp): Promise<Pixels> {
  const { data, info } = await picture.toColourspace("srgb").removeAlpha().raw().toBuffer({ resolveWithObject: true });
  if (info.channels !== 3) throw new Error(`Expected 3 channels but received ${info.channels}`);
  return { data, width: info.width, height: info.height };
}

/** Keeps these parts of both sides; `x` and `y` of 0..1 say where, 0.5 in the centre. */
function crop(photo: Pixels, across: number, down: number, x: number, y: number): Promise<Pixels> {
  const width = Math.max(1, Math.round(photo.width * across));
  const height = Math.max(1, Math.round(photo.height * down));
  const left = Math.round((photo.width - width) * x);
  const top = Math.round((photo.height - height) * y);
  return toPixels(open(photo).extract({ left, top, width, height }));
}

function cropCentre(photo: Pixels, kept: number): Promise<Pixels> {
  return crop(photo, kept, kept, 0.5, 0.5);
}

function cropAnywhere(photo: Pixels, random: SeededRandom): Promise<Pixels> {
  return crop(photo, random.between(0.7, 1), random.between(0.7, 1), random.next(), random.next());
}

async function compress(photo: Pixels, quality: number): Promise<Pixels> {
  return toPixels(sharp(await open(photo).jpeg({ quality }).toBuffer()));
}

function scale(photo: Pixels, factor: number): Promise<Pixels> {
  return toPixels(open(photo).resize({ width: Math.max(16, Math.round(photo.width * factor)) }));
}

function addBorder(photo: Pixels, random: SeededRandom): Promise<Pixels> {
  const part = random.between(0.02, 0.1);
  const x = Math.round(photo.width * part);
  const y = Math.round(photo.height * part);
  const level = [0, 255, Math.floor(random.between(0, 256))][Math.floor(random.between(0, 3))] ?? 0;
  const background = { r: level, g: level, b: level };
  return toPixels(open(photo).extend({ left: x, right: x, top: y, bottom: y, background }));
}

/** A line of blocks in outline where a caption or a watermark would be; text needs a font, and fonts differ. */
async function addCaption(photo: Pixels, random: SeededRandom): Promise<Pixels> {
  const { width, height } = photo;
  const size = Math.min(width, height) * random.between(0.05, 0.15);
  const line = Math.max(1, Math.round(size / 8));
  const top = height * random.between(0.05, 0.8);
  const level = random.next() < 0.5 ? 255 : 0;
  const data = photo.data.slice();

  function fill(left: number, from: number, right: number, to: number): void {
    const [start, end] = [Math.max(0, Math.round(left)), Math.min(width, Math.round(right))];
    for (let y = Math.max(0, Math.round(from)); y < Math.min(height, Math.round(to)); y++) {
      if (end > start) data.fill(level, (y * width + start) * 3, (y * width + end) * 3);
    }
  }

  for (let x = width * 0.1; x < width * 0.9; x += size * 0.8) {
    const [right, from] = [x + size * random.between(0.3, 0.6), top + size * random.between(0, 0.5)];
    fill(x, from, right, from + line);
    fill(x, top + size - line, right, top + size);
    fill(x, from, x + line, top + size);
    fill(right - line, from, right, top + size);
  }
  return { ...photo, data };
}

function rotateSlightly(photo: Pixels, random: SeededRandom): Promise<Pixels> {
  const degrees = random.between(1, 5) * (random.next() < 0.5 ? -1 : 1);
  return toPixels(open(photo).rotate(degrees, { background: random.next() < 0.5 ? "#000" : "#fff" }));
}

async function changeTone(photo: Pixels, random: SeededRandom): Promise<Pixels> {
  const gamma = 2 ** random.between(-0.7, 0.7);
  const contrast = random.between(0.7, 1.4);
  const table = Uint8Array.from({ length: 256 }, (_, level) =>
    Math.min(255, Math.max(0, Math.round(((level / 255) ** gamma - 0.5) * contrast * 255 + 127.5))),
  );
  return { ...photo, data: photo.data.map((level) => table[level] ?? 0) };
}

function changeSaturation(photo: Pixels, random: SeededRandom): Promise<Pixels> {
  const saturation = random.next() < 0.5 ? 0 : random.between(0.4, 1.8);
  return toPixels(open(photo).modulate({ saturation }));
}

async function addNoise(photo: Pixels, random: SeededRandom): Promise<Pixels> {
  const deviation = random.between(3, 15);
  // A prime number of them, drawn once and used again and again: enough to look like noise.
  const noise = Float32Array.from({ length: 65_521 }, () => random.normal() * deviation);
  const data = photo.data.map((level, i) => Math.min(255, Math.max(0, Math.round(level + (noise[i % 65_521] ?? 0)))));
  return { ...photo, data };
}

async function mirrorCropCompress(photo: Pixels, random: SeededRandom): Promise<Pixels> {
  const cropped = await cropCentre(await toPixels(open(photo).flop()), random.between(0.78, 0.95));
  return compress(cropped, Math.round(random.between(40, 90)));
}
