import { fileURLToPath } from "node:url";
import { InferenceSession, Tensor } from "onnxruntime-node";
import { readModelFile } from "../../src/classifier/model-file.ts";
import { preprocess } from "../../src/classifier/preprocess.ts";
import type { Pixels } from "../../src/fingerprint/fingerprint.ts";
import { TAPS } from "./record.ts";

const MODEL = fileURLToPath(new URL("../../models/nsfw-mobilenet-v2.onnx", import.meta.url));
const OUTPUT = "taps";

export interface TapsReader {
  /** Of the model; see ModelFile. */
  readonly version: string;
  /** @returns 576 numbers. */
  read(pixels: Pixels): Promise<Float32Array>;
  close(): Promise<void>;
}

/** Loads the default model with its middle layer as the only output. */
export async function openTaps(): Promise<TapsReader> {
  const { bytes, sidecar, version } = await readModelFile(MODEL);
  const { input } = sidecar;
  const session = await InferenceSession.create(bytes, {
    intraOpNumThreads: 1,
    interOpNumThreads: 1,
    logSeverityLevel: 3,
  });
  return {
    version,
    async read(pixels) {
      const tensor = new Tensor("float32", preprocess(pixels, input), [1, input.height, input.width, 3]);
      const data = (await session.run({ [input.name]: tensor }, [OUTPUT]))[OUTPUT]?.data;
      if (!(data instanceof Float32Array) || data.length !== TAPS)
        throw new Error(`Expected ${TAPS} numbers from ${OUTPUT}`);
      return data;
    },
    close: () => session.release(),
  };
}

/** The version of the default model, without loading it. */
export async function modelVersion(): Promise<string> {
  return (await readModelFile(MODEL)).version;
}
