// The classifier beside the package its model comes from, nsfwjs on tfjs' WebAssembly backend: the same pictures, decoded
// beforehand, in one process, a round of ours and a round of theirs in turns. Both are timed from full-size pixels to
// scores, by the clock and by the processor time used, which says more on a busy machine. The larger sizes are the same pictures enlarged: what a phone sends is larger than any of the photos at hand.
//   npm ci --prefix bench && npx tsx bench/classifier.ts
import { fileURLToPath } from "node:url";
import sharp from "sharp";
import { loadClassifier } from "../src/classifier/onnx-classifier.ts";
import type { Pixels } from "../src/fingerprint/fingerprint.ts";
import { sharedData } from "../test/support/shared-data.ts";
import { readFullSizePixels } from "./full-size-pixels.ts";
import { loadNsfwjsPeer } from "./nsfwjs-peer.ts";

const GOAL = 8;
/** The engine goes on compiling the WebAssembly in the background for several runs, on our time too. */
const WARM_UP_ROUNDS = 10;
const ROUNDS = 12;
const WIDTHS = [768, 1536, 3072];
const FIXTURES = ["Drawing.png", "Neutral.png", "Sexy.png"];
const PHOTOS = ["kodak/1.png", "kodak/15.png", "kodak/23.png"];

const photoFolder = sharedData("photos/");
const fixtureFolder = fileURLToPath(new URL("../test/fixtures/model/", import.meta.url));
const paths =
  photoFolder === null ? FIXTURES.map((file) => fixtureFolder + file) : PHOTOS.map((file) => photoFolder + file);

const classifier = await loadClassifier(fileURLToPath(new URL("../models/nsfw-mobilenet-v2.onnx", import.meta.url)));
const peer = await loadNsfwjsPeer();
const originals = await Promise.all(paths.map(readFullSizePixels));

console.log(`medians of ${ROUNDS} rounds of ${paths.length} pictures; goal at least ${GOAL} x`);
console.log("pixels         ours ms   of it preparing   nsfwjs, wasm ms   ratio   ratio of processor time");
for (const width of WIDTHS) {
  const pictures = await Promise.all(originals.map((pixels) => scaleTo(width, pixels)));
  const { ours, preparing, theirs } = await compare(pictures);
  const cells = [
    `${pictures[0]?.width} x ${pictures[0]?.height}`.padEnd(12),
    median(ours.wall).toFixed(2).padStart(10),
    median(preparing.wall).toFixed(2).padStart(17),
    median(theirs.wall).toFixed(2).padStart(17),
    (median(theirs.wall) / median(ours.wall)).toFixed(1).padStart(8),
    (sum(theirs.processor) / sum(ours.processor)).toFixed(1).padStart(24),
  ];
  console.log(cells.join(" "));
}
await classifier.close();

/** Milliseconds per picture, one number for each time that one was worked on. */
interface Timings {
  readonly wall: number[];
  readonly processor: number[];
}

type Side = "ours" | "preparing" | "theirs";

async function compare(pictures: readonly Pixels[]): Promise<Record<Side, Timings>> {
  const sides: Record<Side, Timings> = {
    ours: { wall: [], processor: [] },
    preparing: { wall: [], processor: [] },
    theirs: { wall: [], processor: [] },
  };
  for (let round = -WARM_UP_ROUNDS; round < ROUNDS; round++) {
    const record = (side: Side, start: Clock) => {
      const end = readClock();
      if (round < 0) return;
      sides[side].wall.push(end.wall - start.wall);
      sides[side].processor.push(end.processor - start.processor);
    };
    for (const pixels of pictures) {
      const start = readClock();
      const tensor = classifier.prepare(pixels);
      record("preparing", start);
      await classifier.classify(tensor);
      record("ours", start);
    }
    for (const pixels of pictures) {
      const start = readClock();
      await peer.classify(pixels);
      record("theirs", start);
    }
  }
  return sides;
}

/** Milliseconds since some start. */
interface Clock {
  readonly wall: number;
  readonly processor: number;
}

function readClock(): Clock {
  const { user, system } = process.cpuUsage();
  return { wall: performance.now(), processor: (user + system) / 1000 };
}

async function scaleTo(width: number, pixels: Pixels): Promise<Pixels> {
  if (pixels.width === width) return pixels;
  const { data, info } = await sharp(pixels.data, { raw: { width: pixels.width, height: pixels.height, channels: 3 } })
    .resize({ width })
    .raw()
    .toBuffer({ resolveWithObject: true });
  return { data, width: info.width, height: info.height };
}

/** The kernel counts processor time in steps that are too coarse for one picture. */
function sum(values: readonly number[]): number {
  return values.reduce((a, b) => a + b, 0);
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  return ((sorted[Math.ceil(middle) - 1] ?? 0) + (sorted[Math.floor(middle)] ?? 0)) / 2;
}
