import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { type ModelSidecar, parseModelSidecar } from "./model-sidecar.ts";

/** A model on disk, read and described but not loaded into a runtime. */
export interface ModelFile {
  readonly name: string;
  /** 12 hex digits: changes with any byte of the model and with any member of the sidecar that moves scores. */
  readonly version: string;
  /** `<name>@<version>`, the form that is stored beside scores. */
  readonly model: string;
  readonly sidecar: ModelSidecar;
  readonly bytes: Uint8Array;
}

/**
 * Reads an ONNX file and the JSON sidecar beside it: same path with `.json` for `.onnx`. Does not need onnxruntime, so
 * a process that never classifies can learn the current model version and its labels.
 *
 * @throws Error where a file can't be read or the sidecar is not valid.
 */
export async function readModelFile(modelPath: string): Promise<ModelFile> {
  const sidecarPath = sidecarPathOf(modelPath);
  const [bytes, text] = await Promise.all([read(modelPath, "model"), read(sidecarPath, "model sidecar")]);
  const sidecar = parseModelSidecar(text.toString("utf8"), sidecarPath);
  const version = versionOf(bytes, sidecar);
  return { name: sidecar.name, version, model: `${sidecar.name}@${version}`, sidecar, bytes };
}

function sidecarPathOf(modelPath: string): string {
  if (!modelPath.endsWith(".onnx")) {
    throw new Error(`Expected a model path that ends in .onnx but received ${modelPath}`);
  }
  return modelPath.replace(/\.onnx$/, ".json");
}

function versionOf(bytes: Uint8Array, sidecar: ModelSidecar): string {
  const { input, output, labels } = sidecar;
  return createHash("sha256")
    .update(bytes)
    .update(JSON.stringify({ input, output, labels }))
    .digest("hex")
    .slice(0, 12);
}

async function read(path: string, what: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (cause) {
    throw new Error(`Expected a readable ${what} at ${path}: ${String(cause)}`, { cause });
  }
}
