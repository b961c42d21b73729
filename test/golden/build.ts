import { execFileSync } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { fingerprintPixels } from "../../src/fingerprint/fingerprint-image.ts";
import { FINGERPRINT_VERSION } from "../../src/fingerprint/version.ts";
import { decodeForHashes } from "../../src/image/decode-image.ts";
import { GOLDEN } from "../../src/worker/golden-pictures.ts";
import { GOLDEN_DRAWINGS } from "./draw.ts";
import { type GoldenFile, renewGolden } from "./renew.ts";

// `npm run build:golden`: draws the golden pictures that are missing and writes what all of them hash to.

const FILE = fileURLToPath(new URL("../../src/worker/golden-pictures.ts", import.meta.url));

const files: GoldenFile[] = [];
for (const { name, lossless, draw } of GOLDEN_DRAWINGS) {
  const known = GOLDEN.pictures.some((picture) => picture.name === name);
  files.push({ name, lossless, base64: known ? "" : (await draw()).toString("base64") });
}
const golden = await renewGolden(GOLDEN, files, FINGERPRINT_VERSION, async (file) =>
  fingerprintPixels((await decodeForHashes(file)).pixels),
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
