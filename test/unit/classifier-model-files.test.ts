import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { readModelFile } from "../../src/classifier/model-file.ts";

interface ManifestModel {
  readonly file: string;
  readonly bytes: number;
  readonly sha256: string;
  readonly version: string;
  readonly labels: readonly string[];
  readonly licenceFile: string;
}

const models = new URL("../../models/", import.meta.url);
const manifest: { readonly models: readonly ManifestModel[] } = JSON.parse(
  readFileSync(new URL("manifest.json", models), "utf8"),
);

test("the manifest lists the default model", () => {
  assert.deepEqual(
    manifest.models.map((model) => model.file),
    ["nsfw-mobilenet-v2.onnx"],
  );
});

for (const model of manifest.models) {
  test(`${model.file} has the bytes that the manifest records`, () => {
    const bytes = readFileSync(new URL(model.file, models));
    assert.equal(createHash("sha256").update(bytes).digest("hex"), model.sha256);
    assert.equal(bytes.length, model.bytes);
  });

  test(`${model.file} and its sidecar have the version and labels that the manifest records`, async () => {
    const file = await readModelFile(fileURLToPath(new URL(model.file, models)));
    assert.equal(file.model, model.version);
    assert.deepEqual(file.sidecar.labels, model.labels);
  });

  test(`${model.file} ships with both copyright notices`, () => {
    const licence = readFileSync(new URL(model.licenceFile, models), "utf8");
    assert.match(licence, /Copyright \(c\) 2019 Infinite Red, Inc\./);
    assert.match(licence, /Copyright \(c\) 2020 The nsfw_model Developers/);
    assert.match(licence, /Permission is hereby granted/);
  });
}
