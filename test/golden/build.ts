import { execFileSync } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { loadClassifier } from "../../src/classifier/onnx-classifier.ts";
import { readConfig } from "../../src/config.ts";
import { fingerprintPixels } from "../../src/fingerprint/fingerprint-image.ts";
import { neuralBits } from "../../src/fingerprint/neural.ts";
import { FINGERPRINT_VERSION } from "../../src/fingerprint/version.ts";
import { decodeForHashes } from "../../src/image/decode-image.ts";
import type { GoldenNeural } from "../../src/worker/golden-neural.ts";
import { GOLDEN } from "../../src/worker/golden-pictures.ts";
import { createImageJobs } from "../../src/worker/image-jobs.ts";
import { GOLDEN_DRAWINGS } from "./draw.ts";
import { type GoldenFile, renewGolden } from "./renew.ts";

// `npm run build:golden`: draws the golden pictures that are missing and writes what all of them hash to.

const FILE = fileURLToPath(new URL("../../src/worker/golden-pictures.ts", import.meta.url));

/** The picture that the model is shown. */
const NEURAL_PICTURE = "turned.jpeg";

async function neuralOf(files: readonly GoldenFile[]): Promise<GoldenNeural | null> {
  const classifier = await loadClassifier(readConfig({}).modelPath);
  const jobs = createImageJobs(classifier);
  const version = jobs.model.neuralVersion;
  const known = [...GOLDEN.pictures, ...files].find(({ name }) => name === NEURAL_PICTURE);
  const { neural } = await jobs.classify(0, Buffer.from(known?.base64 ?? "", "base64"));
  await classifier.close();
  return version === null || neural === null ? null : { version, picture: NEURAL_PICTURE, hash: neuralBits(neural) };
}

const files: GoldenFile[] = [];
for (const { name, lossless, draw } of GOLDEN_DRAWINGS) {
  const known = GOLDEN.pictures.some((picture) => picture.name === name);
  files.push({ name, lossless, base64: known ? "" : (await draw()).toString("base64") });
}
const golden = await renewGolden(
  GOLDEN,
  files,
  FINGERPRINT_VERSION,
  async (file) => fingerprintPixels((await decodeForHashes(file)).pixels),
  await neuralOf(files),
);
await writeFile(
  FILE,
  `import type { GoldenSet } from "./golden-check.ts";

/** Made by \`npm run build:golden\`, pictures (generated ones) and hashes. */
export const GOLDEN: GoldenSet = ${JSON.stringify(golden, null, 2)};
`,
);
execFileSync("npx", ["biome", "format", "--write", "--config-path=.ci", FILE], {
  cwd: fileURLToPath(new URL("../..", import.meta.url)),
});
