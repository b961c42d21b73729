// Decoding and hashing beside a bare decode of the same bytes by sharp, in turns, in one process; then our PDQ with its
// eight symmetries beside a PDQ written straight from its description.
//   npx tsx bench/fingerprint.ts
import { readFile } from "node:fs/promises";
import sharp from "sharp";
import type { Pixels } from "../src/fingerprint/fingerprint.ts";
import { fingerprintPixels } from "../src/fingerprint/fingerprint-image.ts";
import { pdqOf } from "../src/fingerprint/pdq.ts";
import { decodeForHashes, decodeFull } from "../src/image/decode-image.ts";
import { PHOTO_FOLDERS, sharedPhotos } from "../test/support/shared-photos.ts";
import { plainPdq } from "./plain-pdq.ts";

const GOAL = 1.5;
const ROUNDS = 7;
const BIG = { width: 4000, height: 3000 };

const photos = sharedPhotos();
if (photos.length === 0) {
  throw new Error("Expected the shared photos beside the project");
}
const files = await Promise.all(photos.map(async (photo) => ({ ...photo, bytes: await readFile(photo.path) })));

await compareDecoding("warm-up", sample(files, 60));
for (const folder of PHOTO_FOLDERS) {
  await compareDecoding(
    folder,
    sample(
      files.filter((file) => file.folder === folder),
      100,
    ),
  );
}
await compareDecoding("all photos", sample(files, 200));
const big = [];
for (const { bytes } of sample(
  files.filter((file) => file.folder !== "clothing"),
  8,
)) {
  big.push({
    bytes: await sharp(bytes)
      .resize({ ...BIG, fit: "cover" })
      .jpeg({ quality: 90 })
      .toBuffer(),
  });
}
await compareDecoding("12 MP JPEG", big);
await comparePdq("all photos", sample(files, 60));
await comparePdq("12 MP JPEG", big);

interface File {
  readonly bytes: Uint8Array;
}

async function compareDecoding(name: string, images: readonly File[]): Promise<void> {
  const bare: number[] = [];
  const ours: number[] = [];
  const ratios: number[] = [];
  for (const { bytes } of images) {
    const [a, b]: [number[], number[]] = [[], []];
    for (let round = 0; round < ROUNDS; round++) {
      a.push(await milliseconds(() => sharp(bytes).raw().toBuffer()));
      b.push(await milliseconds(async () => fingerprintPixels((await decodeForHashes(bytes)).pixels)));
    }
    bare.push(median(a));
    ours.push(median(b));
    ratios.push(median(b) / median(a));
  }
  const cells = [`bare ${median(bare).toFixed(2)} ms`, `decode + hashes ${median(ours).toFixed(2)} ms`];
  console.log(`${name.padEnd(12)} ${cells.join(", ")}, median ratio ${median(ratios).toFixed(2)} (goal ${GOAL})`);
}

async function comparePdq(name: string, images: readonly File[]): Promise<void> {
  const [one, eight, ours]: [number[], number[], number[]] = [[], [], []];
  for (const { bytes } of images) {
    const pixels: Pixels = await decodeFull(bytes);
    one.push(await milliseconds(() => plainPdq(pixels)));
    eight.push(await milliseconds(() => Array.from({ length: 8 }, () => plainPdq(pixels))));
    ours.push(await milliseconds(() => pdqOf(pixels)));
  }
  const [a, b, c] = [median(one), median(eight), median(ours)];
  const cells = [`PDQ x 8 ${c.toFixed(2)} ms`, `plain PDQ x 1 ${a.toFixed(2)} ms`, `x 8 ${b.toFixed(2)} ms`];
  console.log(`${name.padEnd(12)} ${cells.join(", ")}: ${(a / c).toFixed(1)} and ${(b / c).toFixed(1)} times ours`);
}

async function milliseconds(run: () => unknown): Promise<number> {
  const start = performance.now();
  await run();
  return performance.now() - start;
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}

/** `count` of the values, evenly spread. */
function sample<T>(values: readonly T[], count: number): T[] {
  const step = Math.max(1, values.length / count);
  return values.filter((_, i) => Math.floor(i / step) !== Math.floor((i - 1) / step));
}
