import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { ModelFile } from "./model-file.ts";
import { type NeuralMap, parseNeuralMap } from "./neural-map.ts";

/** A model's map to neural vectors. */
export interface NeuralMapFile {
  /** Name of the model's output that the map takes. */
  readonly output: string;
  /** `<model>/<12 hex digits>`: changes with the model's version and with any byte of the map. */
  readonly version: string;
  readonly map: NeuralMap;
}

/**
 * Reads the map that a model's sidecar names, from the folder of the model.
 * @returns null where the sidecar names none
 * @throws Error where the file can't be read or is no map
 */
export async function readNeuralMapFile(modelPath: string, file: ModelFile): Promise<NeuralMapFile | null> {
  const { neuralHash } = file.sidecar;
  if (neuralHash === undefined) return null;
  const path = join(dirname(modelPath), neuralHash.map);
  let bytes: Buffer;
  try {
    bytes = await readFile(path);
  } catch (cause) {
    throw new Error(`Expected a readable neural map at ${path}: ${String(cause)}`, { cause });
  }
  const digest = createHash("sha256").update(bytes).digest("hex").slice(0, 12);
  return { output: neuralHash.output, version: `${file.model}/${digest}`, map: parseNeuralMap(bytes, path) };
}
