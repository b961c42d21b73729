import assert from "node:assert/strict";
import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, test } from "node:test";
import { fileURLToPath } from "node:url";
import { readModelFile } from "../../src/classifier/model-file.ts";
import { loadClassifier } from "../../src/classifier/onnx-classifier.ts";

const shipped = fileURLToPath(new URL("../../models/nsfw-mobilenet-v2", import.meta.url));
let folder = "";
let modelPath = "";

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "lookalike-model-"));
  modelPath = join(folder, "mine.onnx");
  await cp(`${shipped}.onnx`, modelPath);
  await cp(`${shipped}.json`, join(folder, "mine.json"));
  await cp(`${shipped}.neural.bin`, join(folder, "nsfw-mobilenet-v2.neural.bin"));
});
afterEach(() => rm(folder, { recursive: true }));

interface SidecarText {
  labels: string[];
  unsafe: string[];
  suggestive: string[];
  input: { name: string; width: number; resize: string };
  output: { name: string };
}

async function editSidecar(edit: (sidecar: SidecarText) => void): Promise<void> {
  const path = join(folder, "mine.json");
  const sidecar: SidecarText = JSON.parse(await readFile(path, "utf8"));
  edit(sidecar);
  await writeFile(path, JSON.stringify(sidecar));
}

test("a model path other than the shipped one is loaded with the sidecar beside it", async () => {
  await editSidecar((sidecar) => {
    sidecar.labels[0] = "sketch";
  });
  const classifier = await loadClassifier(modelPath);
  assert.deepEqual(classifier.labels, ["sketch", "hentai", "neutral", "porn", "sexy"]);
  assert.deepEqual(classifier.unsafeLabels, ["porn", "hentai"]);
  assert.deepEqual(classifier.suggestiveLabels, ["sexy"]);
  assert.equal(classifier.model, `${classifier.name}@${classifier.version}`);
  const grey = { data: new Uint8Array(300).fill(128), width: 10, height: 10 };
  const { scores } = await classifier.classify(classifier.prepare(grey));
  assert.deepEqual(Object.keys(scores), classifier.labels);
  await classifier.close();
});

test("a model of another layout, size and set of labels scores through its own sidecar", async () => {
  const means = fileURLToPath(new URL("../fixtures/model/channel-means.onnx", import.meta.url));
  const classifier = await loadClassifier(means);
  const orange = { data: Uint8Array.from({ length: 90 }, (_, i) => [255, 102, 0][i % 3] ?? 0), width: 6, height: 5 };
  const { scores } = await classifier.classify(classifier.prepare(orange));
  assert.deepEqual(
    Object.entries(scores).map(([label, p]) => [label, Math.round(p * 1000) / 1000]),
    [
      ["red", 1],
      ["green", 0.4],
      ["blue", 0],
    ],
  );
  assert.deepEqual([classifier.inputWidth, classifier.inputHeight], [4, 2]);
  await classifier.close();
});

test("other bytes of the model make another version", async () => {
  const before = await readModelFile(modelPath);
  await writeFile(modelPath, Buffer.concat([before.bytes, Buffer.of(0)]));
  const after = await readModelFile(modelPath);
  assert.match(before.version, /^[0-9a-f]{12}$/);
  assert.notEqual(after.model, before.model);
});

test("another way to prepare pictures makes another version", async () => {
  const before = await readModelFile(modelPath);
  await editSidecar((sidecar) => {
    sidecar.input.resize = "nearest";
  });
  assert.notEqual((await readModelFile(modelPath)).version, before.version);
});

test("another use of the same scores keeps the version", async () => {
  const before = await readModelFile(modelPath);
  await editSidecar((sidecar) => {
    sidecar.suggestive = [];
  });
  assert.equal((await readModelFile(modelPath)).version, before.version);
});

test("a missing sidecar is named", async () => {
  await rm(join(folder, "mine.json"));
  await assert.rejects(loadClassifier(modelPath), /readable model sidecar at .*mine\.json/);
});

test("a missing model is named", async () => {
  await rm(modelPath);
  await assert.rejects(loadClassifier(modelPath), /readable model at .*mine\.onnx/);
});

test("a path that is no .onnx file is refused", async () => {
  await assert.rejects(loadClassifier(join(folder, "mine.pb")), /ends in \.onnx but received .*mine\.pb/);
});

test("bytes that are no ONNX model are refused", async () => {
  await writeFile(modelPath, "not a model");
  await assert.rejects(loadClassifier(modelPath), /Expected an ONNX model in .*mine\.onnx/);
});

test("an input the model does not have is refused", async () => {
  await editSidecar((sidecar) => {
    sidecar.input.name = "pixels";
  });
  await assert.rejects(loadClassifier(modelPath), /expected an input named pixels but it has image/);
});

test("an output the model does not have is refused", async () => {
  await editSidecar((sidecar) => {
    sidecar.output.name = "scores";
  });
  await assert.rejects(loadClassifier(modelPath), /expected an output named scores but it has probabilities/);
});

test("an input size the model does not take is refused when it is loaded", async () => {
  await editSidecar((sidecar) => {
    sidecar.input.width = 299;
  });
  await assert.rejects(loadClassifier(modelPath), /mine\.onnx does not fit its sidecar/);
});

test("a label too few is refused when the model is loaded", async () => {
  await editSidecar((sidecar) => {
    sidecar.labels = ["hentai", "neutral", "porn", "sexy"];
  });
  await assert.rejects(loadClassifier(modelPath), /one number per label, 4, but received 5/);
});
