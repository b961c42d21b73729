// Writes models/nsfw-mobilenet-v2.neural.bin, the map from the model's output to neural vectors, learned from a folder of
// photos: npm run build:neural-hash -- --photos FOLDER. The same photos give the same bytes on the same processor.
import { createHash } from "node:crypto";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { encodeNeuralMap } from "../../src/classifier/neural-map.ts";
import { NEURAL_NUMBERS } from "../../src/fingerprint/neural.ts";
import { learnDirections, type PhotoVectors } from "./learn-directions.ts";
import { createVectorReader } from "./photo-vectors.ts";

const OUTPUT = "taps";
const models = new URL("../", import.meta.url);
const mapFile = "nsfw-mobilenet-v2.neural.bin";

const { values } = parseArgs({ options: { photos: { type: "string" } } });
if (values.photos === undefined) throw new Error("Expected --photos FOLDER");
const folder = values.photos;
const files = readdirSync(folder, { recursive: true, encoding: "utf8" })
  .filter((file) => /\.(jpe?g|png|webp)$/i.test(file))
  .sort();

const reader = await createVectorReader(fileURLToPath(new URL("nsfw-mobilenet-v2.onnx", models)), OUTPUT);
const photos: PhotoVectors[] = [];
for (const [index, file] of files.entries()) {
  photos.push(await reader.read(join(folder, file), index));
  if (photos.length % 100 === 0) console.log(`${photos.length} of ${files.length} photos`);
}

const { mean, directions } = learnDirections(photos, NEURAL_NUMBERS);
const bytes = encodeNeuralMap(mean, directions);
writeFileSync(new URL(mapFile, models), bytes);

const sha256 = createHash("sha256").update(bytes).digest("hex");
console.log(`${mapFile} ${bytes.length} bytes sha256 ${sha256}, of ${photos.length} photos`);
const manifest: { models: { neuralHash?: { sha256: string } }[] } = JSON.parse(
  readFileSync(new URL("manifest.json", models), "utf8"),
);
if (!manifest.models.some(({ neuralHash }) => neuralHash?.sha256 === sha256)) {
  console.error("This is not the map that models/manifest.json records.");
  process.exitCode = 1;
}
