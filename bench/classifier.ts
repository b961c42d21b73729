// The classifier beside the package its model comes from, nsfwjs on tfjs' WebAssembly backend: the same pictures, decoded
// beforehand, in one process, a round of ours and a round of theirs in turns. Both are timed from full-size pixels to scores.
//   npm ci --prefix bench && npx tsx bench/classifier.ts
import { fileURLToPath } from "node:url";
import { loadClassifier } from "../src/classifier/onnx-classifier.ts";
import { readFullSizePixels } from "../test/conformance/classifier-pixels.ts";
import { sharedData } from "../test/support/shared-data.ts";
import { loadNsfwjsPeer } from "./nsfwjs-peer.ts";

const GOAL = 8;
const WARM_UP_ROUNDS = 3;
const ROUNDS = 15;
const FIXTURES = ["Drawing.png", "Hentai.png", "Neutral.png", "Porn.png", "Sexy.png"];
const PHOTOS = ["kodak/1.png", "kodak/4.png", "kodak/15.png", "kodak/17.png", "kodak/23.png"];

const photoFolder = sharedData("photos/");
const fixtureFolder = fileURLToPath(new URL("../test/fixtures/model/", import.meta.url));
const paths =
  photoFolder === null ? FIXTURES.map((file) => fixtureFolder + file) : PHOTOS.map((file) => photoFolder + file);

const classifier = await loadClassifier(fileURLToPath(new URL("../models/nsfw-mobilenet-v2.onnx", import.meta.url)));
const peer = await loadNsfwjsPeer();
const pictures = await Promise.all(paths.map(readFullSizePixels));

const ours: number[] = [];
const preparing: number[] = [];
const theirs: number[] = [];
for (let round = -WARM_UP_ROUNDS; round < ROUNDS; round++) {
  for (const pixels of pictures) {
    const start = performance.now();
    const tensor = classifier.prepare(pixels);
    const prepared = performance.now();
    await classifier.classify(tensor);
    if (round < 0) continue;
    preparing.push(prepared - start);
    ours.push(performance.now() - start);
  }
  for (const pixels of pictures) {
    const start = performance.now();
    await peer.classify(pixels);
    if (round >= 0) theirs.push(performance.now() - start);
  }
}
await classifier.close();

const ratio = median(theirs) / median(ours);
console.log(`${ROUNDS} rounds of ${pictures.length} pictures, ${pictures[0]?.width} pixels wide, medians per picture`);
console.log(`onnx          ${median(ours).toFixed(2)} ms (${median(preparing).toFixed(2)} ms of it preparing)`);
console.log(`nsfwjs, wasm  ${median(theirs).toFixed(2)} ms`);
console.log(`ratio         ${ratio.toFixed(1)} x, goal at least ${GOAL} x: ${ratio >= GOAL ? "met" : "NOT met"}`);

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  return ((sorted[Math.ceil(middle) - 1] ?? 0) + (sorted[Math.floor(middle)] ?? 0)) / 2;
}
