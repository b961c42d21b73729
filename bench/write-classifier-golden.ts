// Writes test/conformance/classifier-golden.json: what the published nsfwjs package scores the listed pictures.
//   npm ci --prefix bench && npx tsx bench/write-classifier-golden.ts
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { sharedData } from "../test/support/shared-data.ts";
import { readFullSizePixels } from "./full-size-pixels.ts";
import { loadNsfwjsPeer } from "./nsfwjs-peer.ts";

const FIXTURES = ["Drawing.png", "Hentai.png", "Neutral.png", "Porn.png", "Sexy.png"];
const PHOTOS = [
  "kodak/1.png",
  "kodak/4.png",
  "kodak/15.png",
  "kodak/17.png",
  "kodak/23.png",
  "cid22/1001682.png",
  "cid22/1454613116.png",
  "cid22/159741.png",
  "cid22/2866385.png",
  "cid22/7394483.png",
  "cid22/Beam-Space-Processing.png",
  "cid22/pexels-photo-1544724.png",
  "clothing/dress-06a00c0f-5f9a-410d-a7da-3881a9df3a71.jpg",
  "clothing/hat-014b2a1b-c5a0-469b-b115-bc02b2001db5.jpg",
  "clothing/longsleeve-0354015d-9ed3-4175-9f85-dd5725dce0e1.jpg",
  "clothing/outwear-0028956e-9962-46f0-ad45-2c42f8a59d94.jpg",
  "clothing/pants-01033304-f9a4-48c4-af65-677512880fae.jpg",
  "clothing/shorts-06248e28-9e26-4036-8a8f-40cc605c83fb.jpg",
  "clothing/t-shirt-2ae08b28-adf9-4fc8-b150-513cad510b1e.jpg",
];

const fixtureFolder = fileURLToPath(new URL("../test/fixtures/model/", import.meta.url));
const photoFolder = sharedData("photos/");
if (photoFolder === null) throw new Error("Expected the shared photos beside the project");

const peer = await loadNsfwjsPeer();

async function scoreAll(folder: string, files: readonly string[]): Promise<Record<string, Record<string, number>>> {
  const scored: Record<string, Record<string, number>> = {};
  for (const file of files) {
    const scores = await peer.classify(await readFullSizePixels(folder + file));
    scored[file] = Object.fromEntries(Object.entries(scores).map(([label, p]) => [label, Number(p.toFixed(7))]));
  }
  return scored;
}

const golden = {
  source: "nsfwjs 4.4.0, load('MobileNetV2'), on @tensorflow/tfjs-backend-wasm 4.22.0, from full-size pixels",
  writtenBy: "npm ci --prefix bench && npx tsx bench/write-classifier-golden.ts",
  fixtures: await scoreAll(fixtureFolder, FIXTURES),
  photos: await scoreAll(photoFolder, PHOTOS),
};
const file = new URL("../test/conformance/classifier-golden.json", import.meta.url);
writeFileSync(file, `${JSON.stringify(golden, null, 2)}\n`);
