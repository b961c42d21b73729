// Writes models/nsfw-mobilenet-v2.onnx from the weights in the nsfwjs package, the same bytes on every machine.
import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { MobileNetV2Model } from "nsfwjs/models/mobilenet_v2";
import { layersToOnnx } from "./layers-to-onnx.ts";
import { readLayersModel } from "./nsfwjs-model.ts";

const modelFile = new URL("../nsfw-mobilenet-v2.onnx", import.meta.url);
const manifestFile = new URL("../manifest.json", import.meta.url);

const bytes = layersToOnnx(await readLayersModel(MobileNetV2Model), {
  graphName: "nsfw_mobilenet_v2",
  labels: ["Drawing", "Hentai", "Neutral", "Porn", "Sexy"],
  taps: ["block_12_expand_relu"],
  metadata: {
    classes: "Drawing,Hentai,Neutral,Porn,Sexy",
    input: "RGB 224x224 NHWC",
    license: "MIT",
    source: "npm:nsfwjs@4.4.0/dist/models/mobilenet_v2",
    variant: "u8",
  },
});
writeFileSync(modelFile, bytes);

const sha256 = createHash("sha256").update(bytes).digest("hex");
console.log(`nsfw-mobilenet-v2.onnx ${bytes.length} bytes sha256 ${sha256}`);
const manifest: { models: { file: string; sha256: string }[] } = JSON.parse(readFileSync(manifestFile, "utf8"));
if (!manifest.models.some((model) => model.sha256 === sha256)) {
  console.error("This is not the model that models/manifest.json records.");
  process.exitCode = 1;
}
