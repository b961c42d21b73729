// What fingerprints cost beside a bare decode of the same bytes by sharp, by itself and with the decode, and what other
// packages take for one hash of the same file; in turns, in one process. Then our PDQ in eight symmetries beside a PDQ written
// straight from its description.
//   npm ci --prefix bench && npx tsx bench/fingerprint.ts
import { readFile } from "node:fs/promises";
import { bmvbhash } from "blockhash-core";
import sharp from "sharp";
import type { Pixels } from "../src/fingerprint/fingerprint.ts";
import { fingerprintPixels } from "../src/fingerprint/fingerprint-image.ts";
import { pdqOf } from "../src/fingerprint/pdq.ts";
import { decodeForHashes, decodeFull } from "../src/image/decode-image.ts";
import { PHOTO_FOLDERS, sharedPhotos } from "../test/support/shared-photos.ts";
import { hashPeers } from "./fingerprint-peers.ts";
import { plainPdq } from "./plain-pdq.ts";

const GOAL = 1.5;
const ROUNDS = 5;
const BIG = { width: 4000, height: 3000 };

const peers = await hashPeers();
const photos = sharedPhotos();
if (photos.length === 0) {
  throw new Error("Expected the shared photos beside the project");
}
const files = await Promise.all(photos.map(async (photo) => ({ ...photo, bytes: await readFile(photo.path) })));
const framed = await Promise.all(
  sample(files, 60).map(async ({ bytes }) => ({
    bytes: await sharp(bytes)
      .extend({ top: 40, bottom: 40, left: 40, right: 40, background: "#000" })
      .jpeg()
      .toBuffer(),
  })),
);

await compare("warm-up", sample(files, 40));
for (const folder of PHOTO_FOLDERS) {
  await compare(
    folder,
    sample(
      files.filter((file) => file.folder === folder),
      100,
    ),
  );
}
await compare("all photos", sample(files, 200));
await compare("framed, so hashed twice", framed);
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
await compare("12 MP JPEG", big);
await comparePdq("all photos", sample(files, 60));
await comparePdq("12 MP JPEG", big);

interface File {
  readonly bytes: Uint8Array;
}

/** Medians over the images of the ratios to a bare decode; each image's times are medians over the rounds. */
async function compare(name: string, images: readonly File[]): Promise<void> {
  const ratios = new Map<string, number[]>();
  for (const { bytes } of images) {
    const { pixels } = await decodeForHashes(bytes);
    const rgba = await sharp(bytes).ensureAlpha().raw().toBuffer();
    const ways: Record<string, () => unknown> = {
      "hashes alone": () => fingerprintPixels(pixels),
      "decode and hashes": async () => fingerprintPixels((await decodeForHashes(bytes)).pixels),
      "blockhash-core, full pixels, no decode": () =>
        bmvbhash({ width: pixels.width, height: pixels.height, data: rgba }, 16),
      ...Object.fromEntries(Object.entries(peers).map(([peer, hash]) => [peer, () => hash(Buffer.from(bytes))])),
    };
    const times = new Map<string, number[]>(["bare", ...Object.keys(ways)].map((way) => [way, []]));
    for (let round = 0; round < ROUNDS; round++) {
      times.get("bare")?.push(await milliseconds(() => sharp(bytes).raw().toBuffer()));
      for (const [way, run] of Object.entries(ways)) times.get(way)?.push(await milliseconds(run));
    }
    const bare = median(times.get("bare") ?? []);
    for (const way of Object.keys(ways)) {
      ratios.set(way, [...(ratios.get(way) ?? []), median(times.get(way) ?? []) / bare]);
    }
  }
  console.log(`${name}: median of ${images.length}, times a bare decode (goal of ours: ${GOAL})`);
  for (const [way, values] of ratios) console.log(`  ${median(values).toFixed(2).padStart(7)}  ${way}`);
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
  console.log(
    `${name}: a plain PDQ takes ${(a / c).toFixed(1)} times our eight, eight plain ones ${(b / c).toFixed(1)} times`,
  );
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
