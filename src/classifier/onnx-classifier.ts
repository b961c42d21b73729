import { InferenceSession, Tensor } from "onnxruntime-node";
import type { Pixels } from "../fingerprint/fingerprint.ts";
import { type ModelFile, readModelFile } from "./model-file.ts";
import { readNeuralMapFile } from "./neural-map-file.ts";
import { preprocess } from "./preprocess.ts";
import { toProbabilities } from "./probabilities.ts";

/** What one run of the model says of a picture. */
export interface Classification {
  /** Probability per label, 0..1, in the order of the classifier's labels. */
  readonly scores: Readonly<Record<string, number>>;
  /** 256 numbers, 512 hex digits (fingerprint/neural.ts); null where the model has no map to them. */
  readonly neural: string | null;
}

/** A loaded model. It holds native memory until `close`. */
export interface Classifier {
  readonly name: string;
  /** 12 hex digits; see ModelFile. */
  readonly version: string;
  /** `<name>@<version>`. */
  readonly model: string;
  /** `<model>/<first 12 hex digits of the map's SHA-256>`; vectors of different versions are never compared. */
  readonly neuralVersion: string | null;
  /** In the model's order. */
  readonly labels: readonly string[];
  readonly unsafeLabels: readonly string[];
  readonly suggestiveLabels: readonly string[];
  /** Pixels. */
  readonly inputWidth: number;
  readonly inputHeight: number;
  /** The picture as the model takes it: inputWidth * inputHeight * 3 numbers. Give it full-size pixels. */
  prepare(pixels: Pixels): Float32Array;
  /**
   * Runs the model once. Despite the promise it blocks the thread for the whole inference (microsoft/onnxruntime#19611),
   * so call it where nothing else waits.
   */
  classify(tensor: Float32Array): Promise<Classification>;
  close(): Promise<void>;
}

/**
 * Loads an ONNX model, the sidecar beside it and the map that names, and classifies one black picture, so that a model that doesn't fit its
 * sidecar fails here and not at the first request.
 *
 * @throws Error naming the file and what is wrong with it.
 */
export async function loadClassifier(modelPath: string): Promise<Classifier> {
  const file = await readModelFile(modelPath);
  const { sidecar } = file;
  const neural = await readNeuralMapFile(modelPath, file);
  const session = await openSession(file, modelPath);
  const { input, output, labels } = sidecar;
  const dims = input.layout === "NHWC" ? [1, input.height, input.width, 3] : [1, 3, input.height, input.width];

  const outputNames = [...new Set([output.name, ...(neural === null ? [] : [neural.output])])];

  async function classify(tensor: Float32Array): Promise<Classification> {
    const outputs = await session.run({ [input.name]: new Tensor("float32", tensor, dims) }, outputNames);

    function numbersOf(name: string): Float32Array {
      const data = outputs[name]?.data;
      if (data instanceof Float32Array) return data;
      throw new Error(`Expected float32 numbers from output ${name} of ${modelPath}`);
    }

    const probabilities = toProbabilities(numbersOf(output.name), output.activation, labels.length);
    return {
      scores: Object.fromEntries(labels.map((label, i) => [label, probabilities[i] ?? 0])),
      neural: neural === null ? null : neural.map.vectorOf(numbersOf(neural.output)),
    };
  }

  try {
    await classify(new Float32Array(input.width * input.height * 3));
  } catch (cause) {
    await session.release();
    throw new Error(`The model ${modelPath} does not fit its sidecar: ${messageOf(cause)}`, { cause });
  }
  return {
    name: file.name,
    version: file.version,
    model: file.model,
    neuralVersion: neural?.version ?? null,
    labels,
    unsafeLabels: sidecar.unsafe,
    suggestiveLabels: sidecar.suggestive,
    inputWidth: input.width,
    inputHeight: input.height,
    prepare: (pixels) => preprocess(pixels, input),
    classify,
    close: () => session.release(),
  };
}

/** One thread per session: a second one gains little on a free core and loses half the speed on a busy one. */
async function openSession(file: ModelFile, modelPath: string): Promise<InferenceSession> {
  const { input, output, neuralHash } = file.sidecar;
  let session: InferenceSession;
  try {
    session = await InferenceSession.create(file.bytes, {
      executionProviders: ["cpu"],
      executionMode: "sequential",
      intraOpNumThreads: 1,
      interOpNumThreads: 1,
      logSeverityLevel: 3,
    });
  } catch (cause) {
    throw new Error(`Expected an ONNX model in ${modelPath}: ${messageOf(cause)}`, { cause });
  }
  const wrong =
    missing("input", input.name, session.inputNames) ??
    missing("output", output.name, session.outputNames) ??
    missing("output", neuralHash?.output ?? output.name, session.outputNames);
  if (wrong === null) return session;
  await session.release();
  throw new Error(`The model ${modelPath} does not fit its sidecar: ${wrong}`);
}

function missing(kind: "input" | "output", name: string, names: readonly string[]): string | null {
  if (names.includes(name)) return null;
  return `expected an ${kind} named ${name} but it has ${names.join(", ")}`;
}

function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
