// Writes src/fingerprint/neural-crowd-vectors.ts: the middle of each crowd of pictures that the model doesn't tell apart, by the
// committed model and map. npx tsx models/neural-hash/build-crowds.ts
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { NEURAL_NUMBERS } from "../../src/fingerprint/neural.ts";
import { CROWDS, type Crowd, crowdPicture } from "./crowd-pictures.ts";

const PICTURES = 8;

// Drawn before the decoder is loaded, which draws no SVG.
const crowds = Object.keys(CROWDS) as Crowd[];
const pictures = new Map<Crowd, Buffer[]>();
for (const crowd of crowds) {
  pictures.set(crowd, await Promise.all(Array.from({ length: PICTURES }, (_, i) => crowdPicture(crowd, i))));
}
const { decodeFull } = await import("../../src/image/decode-image.ts");
const { loadClassifier } = await import("../../src/classifier/onnx-classifier.ts");
const classifier = await loadClassifier(fileURLToPath(new URL("../nsfw-mobilenet-v2.onnx", import.meta.url)));

const middles: string[] = [];
for (const crowd of crowds) {
  const sum = new Float64Array(NEURAL_NUMBERS);
  for (const picture of pictures.get(crowd) ?? []) {
    const { neural } = await classifier.classify(classifier.prepare(await decodeFull(picture)));
    const numbers = Float64Array.from(Buffer.from(neural ?? "", "hex"), (byte) => byte - 128);
    const length = Math.hypot(...numbers);
    numbers.forEach((number, i) => {
      sum[i] = (sum[i] ?? 0) + number / length;
    });
  }
  const longest = Math.max(...sum.map(Math.abs));
  const middle = Buffer.from(Uint8Array.from(sum, (number) => Math.round((127 * number) / longest) + 128));
  middles.push(`  "${crowd}":\n    ${JSON.stringify(middle.toString("hex"))},`);
}
await classifier.close();

const text = `/**
 * The middle of each crowd of pictures that the model that is shipped doesn't tell from each other, as neural vectors. Written by
 * models/neural-hash/build-crowds.ts.
 */
export const CROWD_VECTORS = {
${middles.join("\n")}
} as const;
`;
writeFileSync(new URL("../../src/fingerprint/neural-crowd-vectors.ts", import.meta.url), text);
