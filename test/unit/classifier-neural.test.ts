import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, afterEach, beforeEach, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import sharp, { type Sharp } from "sharp";
import { type Classifier, loadClassifier } from "../../src/classifier/onnx-classifier.ts";
import type { Pixels } from "../../src/fingerprint/fingerprint.ts";
import { hammingDistance } from "../../src/fingerprint/hamming.ts";
import { neuralApart, neuralBits } from "../../src/fingerprint/neural.ts";
import { NEURAL_THRESHOLD, NEURAL_VECTOR_THRESHOLD } from "../../src/fingerprint/neural-threshold.ts";
import { decodeFull } from "../../src/image/decode-image.ts";
import { seeded } from "../support/pictures.ts";
import { sharedData } from "../support/shared-data.ts";

const models = new URL("../../models/", import.meta.url);
const shipped = fileURLToPath(new URL("nsfw-mobilenet-v2", models));
const classifier = await loadClassifier(`${shipped}.onnx`);
after(() => classifier.close());

async function vectorOf(pixels: Pixels): Promise<string> {
  const { neural } = await classifier.classify(classifier.prepare(pixels));
  assert.ok(neural !== null);
  return neural;
}

/** Overlapping discs in random colours, other ones for each seed; without a file, since the decoder takes no SVG. */
function discs(seed: number): Pixels {
  const [width, height] = [320, 240];
  const random = seeded(seed);
  const data = new Uint8Array(width * height * 3).fill(128);
  for (let n = 0; n < 120; n++) {
    const [radius, left, top] = [4 + random() ** 3 * 80, random() * width, random() * height];
    const colour = [random() * 256, random() * 256, random() * 256];
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        if (Math.hypot(x - left, y - top) < radius) data.set(colour, (y * width + x) * 3);
      }
    }
  }
  return { data, width, height };
}

function picture({ data, width, height }: Pixels): Sharp {
  return sharp(data, { raw: { width, height, channels: 3 } });
}

function matches(one: string, other: string): boolean {
  return (
    hammingDistance(neuralBits(one), neuralBits(other)) <= NEURAL_THRESHOLD &&
    neuralApart(one, other) <= NEURAL_VECTOR_THRESHOLD
  );
}

/** The central part of each side. */
async function cropped(pixels: Pixels, kept: number): Promise<Pixels> {
  const [width, height] = [Math.round(pixels.width * kept), Math.round(pixels.height * kept)];
  const [left, top] = [Math.floor((pixels.width - width) / 2), Math.floor((pixels.height - height) / 2)];
  return { data: await picture(pixels).extract({ left, top, width, height }).raw().toBuffer(), width, height };
}

describe("the shipped map", () => {
  test("has the bytes that the manifest records, and its version says so", () => {
    interface Manifest {
      models: { version: string; neuralHash: { file: string; bytes: number; sha256: string; version: string } }[];
    }
    const manifest: Manifest = JSON.parse(readFileSync(new URL("manifest.json", models), "utf8"));
    const [model] = manifest.models;
    assert.ok(model !== undefined);
    const { file, bytes, sha256, version } = model.neuralHash;
    const map = readFileSync(new URL(file, models));
    assert.equal(createHash("sha256").update(map).digest("hex"), sha256);
    assert.equal(map.length, bytes);
    assert.equal(version, `${model.version}/${sha256.slice(0, 12)}`);
    assert.equal(classifier.neuralVersion, version);
  });

  test("gives the same picture the same vector, also from a file", async () => {
    const pixels = discs(1);
    const vector = await vectorOf(pixels);
    assert.match(vector, /^[0-9a-f]{512}$/);
    assert.equal(await vectorOf(pixels), vector);
    const file = await picture(pixels).webp({ lossless: true }).toBuffer();
    assert.equal(await vectorOf(await decodeFull(file)), vector);
  });

  test("gives a picture with a tenth cropped off a matching vector", async () => {
    for (const seed of [2, 3, 4]) {
      assert.ok(matches(await vectorOf(discs(seed)), await vectorOf(await cropped(discs(seed), 0.9))));
    }
  });

  const photos = sharedData("photos/kodak/");
  test("finds Kodak photos with a tenth cropped off, three of four with a fifth, and mistakes none for another", {
    skip: photos === null ? "the photos are not beside the project" : false,
  }, async () => {
    const files = (await readdir(photos ?? "")).filter((file) => file.endsWith(".png")).sort();
    const vectors: string[] = [];
    let foundByAFifthLess = 0;
    for (const file of files.filter((_, i) => i % 3 === 0)) {
      const photo = await decodeFull(await readFile(photos + file));
      const vector = await vectorOf(photo);
      assert.ok(matches(vector, await vectorOf(await cropped(photo, 0.9))), file);
      if (matches(vector, await vectorOf(await cropped(photo, 0.8)))) foundByAFifthLess++;
      assert.ok(vectors.every((other) => !matches(vector, other)));
      vectors.push(vector);
    }
    assert.equal(vectors.length, 8);
    assert.ok(foundByAFifthLess >= 6, String(foundByAFifthLess));
  });
});

describe("a model's sidecar", () => {
  let folder = "";
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "lookalike-neural-"));
    for (const end of [".onnx", ".json", ".neural.bin"]) await cp(shipped + end, join(folder, `mine${end}`));
  });
  afterEach(() => rm(folder, { recursive: true }));

  async function loadWith(neuralHash: object | undefined): Promise<Classifier> {
    const sidecar = JSON.parse(await readFile(join(folder, "mine.json"), "utf8"));
    await writeFile(join(folder, "mine.json"), JSON.stringify({ ...sidecar, neuralHash }));
    return await loadClassifier(join(folder, "mine.onnx"));
  }

  test("that names no map gives the same scores under the same version, and no vectors", async () => {
    const plain = await loadWith(undefined);
    const tensor = plain.prepare(discs(5));
    const [without, withMap] = [await plain.classify(tensor), await classifier.classify(tensor)];
    await plain.close();
    assert.equal(plain.neuralVersion, null);
    assert.equal(without.neural, null);
    assert.deepEqual(without.scores, withMap.scores);
    assert.equal(plain.model, classifier.model);
  });

  test("that names another map gives vectors of another version, and scores of the same", async () => {
    const bytes = await readFile(join(folder, "mine.neural.bin"));
    bytes[bytes.length - 1] = ((bytes.at(-1) ?? 0) + 1) & 127;
    await writeFile(join(folder, "mine.neural.bin"), bytes);
    const other = await loadWith({ output: "taps", map: "mine.neural.bin" });
    await other.close();
    assert.notEqual(other.neuralVersion, classifier.neuralVersion);
    assert.equal(other.model, classifier.model);
  });

  test("that names a map which isn't there, or doesn't fit, or is elsewhere, fails the start", async () => {
    await assert.rejects(loadWith({ output: "taps", map: "gone.bin" }), /gone\.bin/);
    await assert.rejects(loadWith({ output: "taps", map: "mine.onnx" }), /mine\.onnx/);
    await assert.rejects(loadWith({ output: "features", map: "mine.neural.bin" }), /Expected 576 numbers/);
    await assert.rejects(loadWith({ output: "nothing", map: "mine.neural.bin" }), /expected an output named nothing/);
    await assert.rejects(loadWith({ output: "taps", map: "../mine.neural.bin" }), /neuralHash\.map/);
  });
});
