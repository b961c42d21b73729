// May big JPEGs be shrunk while they are decoded? For every scale: how far the hashes move against the full decode, and
// what the decode costs. The photos are enlarged and sharpened to 12 MP, since none of them is that large.
//   npx tsx bench/shrink-on-load.ts
import { readFile } from "node:fs/promises";
import sharp, { type Sharp } from "sharp";
import type { Pixels } from "../src/fingerprint/fingerprint.ts";
import { fingerprintPixels } from "../src/fingerprint/fingerprint-image.ts";
import { hammingDistance } from "../src/fingerprint/hamming.ts";
import { sharedPhotos } from "../test/support/shared-photos.ts";

const LONG = 4000;
const SHORT = 3000;
const MOST_BITS = 2;
const TAKE_EVERY = 10;

/** sharp asks libjpeg for the power of two below the factor and resizes the rest itself. */
const FACTORS = [3, 5, 9];

interface Measured {
  readonly pdq: number[];
  readonly blockhash: number[];
  readonly milliseconds: number[];
}

const measured = new Map(FACTORS.map((factor): [number, Measured] => [factor, empty()]));
const full: number[] = [];
const photos = sharedPhotos().filter((photo, i) => photo.folder !== "clothing" || i % TAKE_EVERY === 0);
for (const { path } of photos) {
  const bytes = await readFile(path);
  const { width: sourceWidth = 0, height: sourceHeight = 0 } = await sharp(bytes).metadata();
  const [width, height] = sourceWidth >= sourceHeight ? [LONG, SHORT] : [SHORT, LONG];
  const enlarged = sharp(bytes).resize(width, height, { fit: "cover" }).sharpen();
  const jpeg = await enlarged.jpeg({ quality: 90 }).toBuffer();
  const whole = await timed(sharp(jpeg));
  full.push(whole.milliseconds);
  const expected = fingerprintPixels(whole.pixels);
  for (const [factor, { pdq, blockhash, milliseconds }] of measured) {
    const size = [Math.round(width / factor), Math.round(height / factor)] as const;
    const small = await timed(sharp(jpeg).resize(...size, { fit: "fill" }));
    const actual = fingerprintPixels(small.pixels);
    pdq.push(hammingDistance(actual.pdq ?? "", expected.pdq ?? ""));
    blockhash.push(hammingDistance(actual.blockhash ?? "", expected.blockhash ?? ""));
    milliseconds.push(small.milliseconds);
  }
}

console.log(`${photos.length} JPEGs of 12 MP; allowed: ${MOST_BITS} bits. Full decode ${median(full).toFixed(0)} ms`);
console.log("libjpeg scale   decode ms   PDQ mean, max, beyond   blockhash mean, max, beyond");
for (const [factor, { pdq, blockhash, milliseconds }] of measured) {
  const scale = `1/${2 ** Math.floor(Math.log2(factor))}, ${factor} in all`;
  console.log(scale.padEnd(15), median(milliseconds).toFixed(0).padStart(9), summary(pdq), summary(blockhash));
}

async function timed(image: Sharp): Promise<{ pixels: Pixels; milliseconds: number }> {
  const start = performance.now();
  const { data, info } = await image.raw().toBuffer({ resolveWithObject: true });
  const milliseconds = performance.now() - start;
  return { pixels: { data, width: info.width, height: info.height }, milliseconds };
}

function empty(): Measured {
  return { pdq: [], blockhash: [], milliseconds: [] };
}

function summary(bits: readonly number[]): string {
  const mean = bits.reduce((sum, value) => sum + value, 0) / bits.length;
  const beyond = bits.filter((value) => value > MOST_BITS).length;
  return `${mean.toFixed(2)}, ${Math.max(...bits)}, ${beyond} of ${bits.length}`.padStart(25);
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}
